package org.sparkmim.model.weights;

import org.bytedeco.javacpp.FloatPointer;

/**
 * A tensor's values by position, so that a vector of any length is written without a copy of it.
 */
@FunctionalInterface
public interface FloatSource {
  /** Copies elements {@code from .. from+count} into the start of {@code into}. */
  void read(long from, float[] into, int count);

  /** A slice of a heap array that starts at {@code offset}. */
  static FloatSource of(float[] values, int offset) {
    return (from, into, count) ->
        System.arraycopy(values, Math.toIntExact(offset + from), into, 0, count);
  }

  /** A slice of an off-heap vector that starts at {@code offset}; the vector is not moved. */
  static FloatSource of(FloatPointer values, long offset) {
    FloatPointer view = new FloatPointer(values);
    long start = values.position() + offset;
    return (from, into, count) -> view.position(start + from).get(into, 0, count);
  }
}
