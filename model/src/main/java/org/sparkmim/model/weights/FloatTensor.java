package org.sparkmim.model.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A named tensor of float32 numbers that are fetched when asked for: a file's, a vector's, or a
 * view of other tensors'.
 *
 * @param shape extents, slowest first
 * @param values the numbers, row-major; reading a file's may throw {@link UncheckedIOException}
 */
public record FloatTensor(String name, List<Long> shape, FloatSource values) {
  public FloatTensor {
    shape = List.copyOf(shape);
  }

  /**
   * A file's tensor, converted from whichever floating-point type it has; valid while it is open.
   */
  public static FloatTensor of(SafetensorsReader reader, TensorHeader header) {
    return new FloatTensor(
        header.name(),
        header.shape(),
        (from, into, count) -> {
          try {
            reader.floats(header, from, into, 0, count);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Number of elements; shapes are those of tensors that exist, so that it does not overflow. */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** All values in one array. */
  public float[] toArray() {
    float[] all = new float[Math.toIntExact(elements())];
    values.read(0, all, all.length);
    return all;
  }

  /** The same under another name. */
  public FloatTensor named(String other) {
    return new FloatTensor(other, shape, values);
  }

  /** As it is written to a file: F32. */
  public Tensor toTensor() {
    return Tensor.floats(name, shape, values);
  }
}
