package org.sparkmim.job.commit;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.weights.FloatSource;

/**
 * Parameters and Adam's two moments, and what averaging keeps beside them, as raw little-endian
 * float32 bytes on the heap, cut into slices.
 *
 * <p>Slices are what travels and what is averaged; whole arrays of bytes move at memory speed,
 * which element-wise serialisation of ND4J arrays does not.
 */
public final class FlatState implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Floats in a slice: small enough to spread over executors, large enough to be few. Four less
   * than a power of two leave room for an array's header: a slice fills whole regions of the heap,
   * which large arrays take up exclusively.
   */
  public static final int SLICE_FLOATS = (1 << 20) - 4;

  /** The vectors of the state, in the order of their slices. */
  public enum Vector {
    PARAMETERS("parameters"),
    FIRST_MOMENT("first moments"),
    SECOND_MOMENT("second moments"),
    /** Of the outer optimiser. */
    OUTER_MOMENTUM("outer momentum"),
    /** What rounding left out of the parameters' change. */
    RESIDUAL("residual");

    private final String description;

    Vector(String description) {
      this.description = description;
    }

    /** For messages. */
    public String description() {
      return description;
    }

    private FloatPointer of(ParameterVectors vectors) {
      return switch (this) {
        case PARAMETERS -> vectors.parameters();
        case FIRST_MOMENT -> vectors.firstMoment();
        case SECOND_MOMENT -> vectors.secondMoment();
        case OUTER_MOMENTUM, RESIDUAL ->
            throw new IllegalArgumentException("workers have no " + description);
      };
    }
  }

  /** What workers train with, and the first vectors of every state. */
  public static final List<Vector> OF_WORKERS =
      List.of(Vector.PARAMETERS, Vector.FIRST_MOMENT, Vector.SECOND_MOMENT);

  private final long size;
  private final List<Vector> vectors;
  private final byte[][] slices;

  private FlatState(long size, List<Vector> vectors, byte[][] slices) {
    this.size = size;
    this.vectors = List.copyOf(vectors);
    this.slices = slices;
  }

  /**
   * A state of {@code size} parameters from its slices, in order.
   *
   * @param vectors those of workers, and others
   */
  public static FlatState of(long size, List<Vector> vectors, byte[][] slices) {
    int count = Math.multiplyExact(vectors.size(), slicesOfVector(size));
    if (slices.length != count) {
      throw new IllegalArgumentException(
          slices.length + " slices given, " + size + " parameters take " + count);
    }
    for (int index = 0; index < slices.length; index++) {
      if (slices[index] == null || slices[index].length != sliceBytes(size, index)) {
        throw new IllegalArgumentException("slice " + index + " has not the length it must have");
      }
    }
    return new FlatState(size, vectors, slices.clone());
  }

  /** Copies the state out of off-heap vectors. */
  public static FlatState copyOf(ParameterVectors vectors) {
    long size = vectors.size();
    byte[][] slices = new byte[sliceCount(size)][];
    for (int index = 0; index < slices.length; index++) {
      slices[index] = new byte[sliceBytes(size, index)];
      window(vectors, index).get(slices[index]);
    }
    return new FlatState(size, OF_WORKERS, slices);
  }

  /**
   * The state before the first step: parameters copied out of off-heap memory, moments zero. Equal
   * slices of zeros are one array, so that they are cleared once: {@link #put} is not for it.
   */
  public static FlatState beforeTraining(FloatPointer parameters, long size) {
    ParameterVectors vectors = ParameterVectors.wrap(size, parameters, null, null, null);
    byte[][] slices = new byte[sliceCount(size)][];
    int count = slicesOfVector(size);
    byte[] zeros = new byte[sliceBytes(size, 0)];
    byte[] lastZeros = new byte[sliceBytes(size, count - 1)];
    for (int index = 0; index < slices.length; index++) {
      if (index < count) {
        slices[index] = slice(vectors, index);
      } else {
        slices[index] = (index + 1) % count == 0 ? lastZeros : zeros;
      }
    }
    return new FlatState(size, OF_WORKERS, slices);
  }

  /** Copies one slice out of off-heap vectors. */
  public static byte[] slice(ParameterVectors vectors, int index) {
    byte[] slice = new byte[sliceBytes(vectors.size(), index)];
    window(vectors, index).get(slice);
    return slice;
  }

  /** A state of {@code size} zero parameters. */
  public static FlatState zeros(long size) {
    return zeros(size, OF_WORKERS);
  }

  /** A state of {@code size} zero parameters, with these vectors. */
  public static FlatState zeros(long size, List<Vector> vectors) {
    byte[][] slices = new byte[Math.multiplyExact(vectors.size(), slicesOfVector(size))][];
    for (int index = 0; index < slices.length; index++) {
      slices[index] = new byte[sliceBytes(size, index)];
    }
    return new FlatState(size, vectors, slices);
  }

  /** This state with these vectors, the first of which it has; others are zero. Shares slices. */
  public FlatState with(List<Vector> wanted) {
    FlatState all = zeros(size, wanted);
    for (Vector vector : wanted) {
      int from = vectors.indexOf(vector) * slicesOfVector(size);
      int to = wanted.indexOf(vector) * slicesOfVector(size);
      if (from >= 0) {
        System.arraycopy(slices, from, all.slices, to, slicesOfVector(size));
      }
    }
    return all;
  }

  /** Its vectors, in the order of their slices. */
  public List<Vector> vectors() {
    return vectors;
  }

  /** Copies this state into off-heap vectors of the same size. */
  public void copyTo(ParameterVectors vectors) {
    if (vectors.size() != size) {
      throw new IllegalArgumentException(
          "vectors of " + vectors.size() + " floats given, the state has " + size);
    }
    for (int index = 0; index < sliceCount(size); index++) {
      window(vectors, index).put(slices[index]);
    }
  }

  /** Copies the parameters into off-heap memory that has room for them. */
  public void copyParametersTo(FloatPointer parameters) {
    ParameterVectors vectors = ParameterVectors.wrap(size, parameters, null, null, null);
    for (int index = 0; index < slicesOfVector(size); index++) {
      window(vectors, index).put(slices[index]);
    }
  }

  /** Copies one slice into off-heap vectors, from an array's first numbers. */
  public static void copySlice(float[] slice, ParameterVectors vectors, int index) {
    window(vectors, index)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(slice, 0, sliceFloats(vectors.size(), index));
  }

  /** Copies one slice out of off-heap vectors. */
  public static void copySlice(ParameterVectors vectors, int index, float[] into) {
    window(vectors, index)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(into, 0, sliceFloats(vectors.size(), index));
  }

  /** Copies one slice into off-heap vectors, from a buffer's position to its limit. */
  public static void copySlice(ByteBuffer slice, ParameterVectors vectors, int index) {
    ByteBuffer window = window(vectors, index);
    if (slice.remaining() != window.remaining()) {
      throw new IllegalArgumentException(
          "slice "
              + index
              + " has "
              + slice.remaining()
              + " bytes, the vectors take "
              + window.remaining());
    }
    window.put(slice.duplicate());
  }

  /** The vector that a worker's slice is of, in a state of {@code size} parameters. */
  public static Vector vectorOf(int slice, long size) {
    return OF_WORKERS.get(slice / slicesOfVector(size));
  }

  /** Slices of a worker's state of {@code size} parameters. */
  public static int sliceCount(long size) {
    return Math.multiplyExact(OF_WORKERS.size(), slicesOfVector(size));
  }

  /** Number of parameters. */
  public long size() {
    return size;
  }

  /** Bytes of all slices. */
  public long bytes() {
    return vectors.size() * size * Float.BYTES;
  }

  /** Bytes of a worker's state of {@code size} parameters. */
  public static long bytes(long size) {
    return OF_WORKERS.size() * size * Float.BYTES;
  }

  /** One slice; not a copy. */
  public byte[] slice(int index) {
    return slices[index];
  }

  /** A vector's values by position. */
  public FloatSource values(Vector vector) {
    int first = first(vector);
    return (from, into, count) -> {
      for (int done = 0; done < count; ) {
        long at = from + done;
        int offset = (int) (at % SLICE_FLOATS);
        ByteBuffer slice = ByteBuffer.wrap(slices[first + (int) (at / SLICE_FLOATS)]);
        int length = Math.min(count - done, slice.remaining() / Float.BYTES - offset);
        slice
            .position(offset * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .get(into, done, length);
        done += length;
      }
    };
  }

  /** Overwrites {@code count} values of a vector from element {@code at} on. */
  public void put(Vector vector, long at, float[] values, int count) {
    int first = first(vector);
    for (int done = 0; done < count; ) {
      int offset = (int) ((at + done) % SLICE_FLOATS);
      ByteBuffer slice = ByteBuffer.wrap(slices[first + (int) ((at + done) / SLICE_FLOATS)]);
      int length = Math.min(count - done, slice.remaining() / Float.BYTES - offset);
      slice
          .position(offset * Float.BYTES)
          .order(ByteOrder.LITTLE_ENDIAN)
          .asFloatBuffer()
          .put(values, done, length);
      done += length;
    }
  }

  private int first(Vector vector) {
    int at = vectors.indexOf(vector);
    if (at < 0) {
      throw new IllegalArgumentException("this state has no " + vector.description());
    }
    return at * slicesOfVector(size);
  }

  /** Slices of each vector of {@code size} numbers. */
  public static int slicesOfVector(long size) {
    return Math.toIntExact((size + SLICE_FLOATS - 1) / SLICE_FLOATS);
  }

  /** Numbers in a slice of a state of {@code size} parameters. */
  public static int sliceFloats(long size, int index) {
    long from = (long) (index % slicesOfVector(size)) * SLICE_FLOATS;
    return (int) Math.min(SLICE_FLOATS, size - from);
  }

  private static int sliceBytes(long size, int index) {
    return sliceFloats(size, index) * Float.BYTES;
  }

  private static ByteBuffer window(ParameterVectors vectors, int index) {
    long size = vectors.size();
    FloatPointer vector = vectorOf(index, size).of(vectors);
    long from = vector.position() + (long) (index % slicesOfVector(size)) * SLICE_FLOATS;
    long floats = sliceBytes(size, index) / Float.BYTES;
    return new FloatPointer(vector).limit(from + floats).position(from).asByteBuffer();
  }
}
