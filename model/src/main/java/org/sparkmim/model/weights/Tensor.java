package org.sparkmim.model.weights;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.sparkmim.model.ModelException;

/** A tensor to be written: its description and a way to produce its bytes, a piece at a time. */
public final class Tensor {
  private static final int PIECE = 1 << 16;

  private final String name;
  private final TensorType type;
  private final List<Long> shape;
  private final Body body;

  private Tensor(String name, TensorType type, List<Long> shape, Body body) {
    this.name = name;
    this.type = type;
    this.shape = List.copyOf(shape);
    this.body = body;
  }

  /** F32 values; {@code shape} says how many are taken from the source. */
  public static Tensor floats(String name, List<Long> shape, FloatSource source) {
    long elements = elements(name, shape);
    return new Tensor(name, TensorType.F32, shape, out -> writeFloats(source, elements, out));
  }

  /** F32 values of a whole array. */
  public static Tensor floats(String name, List<Long> shape, float[] values) {
    requireCount(name, shape, values.length);
    return floats(name, shape, FloatSource.of(values, 0));
  }

  /** I32 values of a whole array. */
  public static Tensor ints(String name, List<Long> shape, int[] values) {
    requireCount(name, shape, values.length);
    return new Tensor(
        name,
        TensorType.I32,
        shape,
        out -> {
          ByteBuffer piece = ByteBuffer.allocate(4 * PIECE).order(ByteOrder.LITTLE_ENDIAN);
          for (int from = 0; from < values.length; from += PIECE) {
            int count = Math.min(PIECE, values.length - from);
            piece.asIntBuffer().put(values, from, count);
            out.write(piece.array(), 0, 4 * count);
          }
        });
  }

  /** Elements of any type as they lie in the file: little endian, row-major; read to the limit. */
  public static Tensor raw(String name, TensorType type, List<Long> shape, ByteBuffer bytes) {
    long wanted = Math.multiplyExact(elements(name, shape), (long) type.bytes());
    if (bytes.remaining() != wanted) {
      throw argument(name, shape, type + " needs " + wanted + " bytes, " + bytes.remaining());
    }
    ByteBuffer own = bytes.duplicate();
    return new Tensor(
        name,
        type,
        shape,
        out -> {
          byte[] piece = new byte[PIECE];
          ByteBuffer source = own.duplicate();
          while (source.hasRemaining()) {
            int count = Math.min(PIECE, source.remaining());
            source.get(piece, 0, count);
            out.write(piece, 0, count);
          }
        });
  }

  public String name() {
    return name;
  }

  public TensorType type() {
    return type;
  }

  public List<Long> shape() {
    return shape;
  }

  long bytes() {
    return Math.multiplyExact(elements(name, shape), (long) type.bytes());
  }

  void writeTo(OutputStream out) throws IOException {
    body.writeTo(out);
  }

  @FunctionalInterface
  private interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  private static void writeFloats(FloatSource source, long elements, OutputStream out)
      throws IOException {
    float[] values = new float[(int) Math.min(PIECE, elements)];
    ByteBuffer piece = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long from = 0; from < elements; from += PIECE) {
      int count = (int) Math.min(PIECE, elements - from);
      source.read(from, values, count);
      piece.asFloatBuffer().put(values, 0, count);
      out.write(piece.array(), 0, 4 * count);
    }
  }

  private static long elements(String name, List<Long> shape) {
    long product = 1;
    for (long extent : shape) {
      if (extent < 0) {
        throw argument(name, shape, "an extent is negative: " + extent);
      }
      product = Math.multiplyExact(product, extent);
    }
    return product;
  }

  private static void requireCount(String name, List<Long> shape, int given) {
    if (elements(name, shape) != given) {
      throw argument(name, shape, "the shape needs " + elements(name, shape) + " values, " + given);
    }
  }

  private static ModelException argument(String name, List<Long> shape, String what) {
    return new ModelException(
        ModelException.Kind.ARGUMENT,
        "Cannot write tensor '" + name + "' of shape " + shape + ": " + what + " given.");
  }
}
