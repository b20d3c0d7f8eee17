package org.sparkmim.model.weights;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.ModelException;

/**
 * Reads one safetensors file whose header has been checked; tensors are read when asked for, in
 * pieces, so that a file may be larger than memory. Not for several threads at once.
 */
public final class SafetensorsReader implements Closeable {
  private static final int PIECE = 1 << 16;

  /** The longest array the usual JVMs allocate. */
  private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

  private final SafetensorsHeader header;
  private final Map<String, TensorHeader> byName = new LinkedHashMap<>();
  private final ByteSource source;
  private final long dataStart;
  private final Refusal refusal;
  private final Closeable resource;

  SafetensorsReader(
      SafetensorsHeader header,
      ByteSource source,
      long dataStart,
      Refusal refusal,
      Closeable resource) {
    this.header = header;
    this.source = source;
    this.dataStart = dataStart;
    this.refusal = refusal;
    this.resource = resource;
    header.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
  }

  /** The file's free text by key. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** All tensors in the order of their bytes; a stream must be read in this order. */
  public List<TensorHeader> tensors() {
    return header.tensors();
  }

  public Optional<TensorHeader> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /**
   * The header of a tensor that must be there.
   *
   * @throws ModelException if the file has no such tensor
   */
  public TensorHeader tensor(String name) {
    return find(name).orElseThrow(() -> refusal.of("it has no tensor " + Refusal.quoted(name)));
  }

  /** The file's name, for messages. */
  public String origin() {
    return refusal.origin();
  }

  /** All values of a floating-point tensor, F64 rounded to float. */
  public float[] floats(String name) throws IOException {
    TensorHeader tensor = tensor(name);
    float[] values = new float[arrayLength(tensor)];
    floats(tensor, 0, values, 0, values.length);
    return values;
  }

  /** All values of an integer tensor; I64 values must fit into 32 bits. */
  public int[] ints(String name) throws IOException {
    TensorHeader tensor = tensor(name);
    int[] values = new int[arrayLength(tensor)];
    ints(tensor, 0, values, 0, values.length);
    return values;
  }

  /** All bytes of a tensor as they lie in the file. */
  public byte[] bytes(String name) throws IOException {
    TensorHeader tensor = tensor(name);
    if (tensor.bytes() > LONGEST_ARRAY) {
      throw tooLong(tensor);
    }
    byte[] bytes = new byte[(int) tensor.bytes()];
    bytes(tensor, 0, bytes, 0, bytes.length);
    return bytes;
  }

  /** Copies elements {@code from .. from+count} of a floating-point tensor into an array. */
  public void floats(TensorHeader tensor, long from, float[] into, int offset, int count)
      throws IOException {
    requireFloating(tensor);
    inPieces(
        tensor,
        from,
        count,
        (piece, done, n) -> decode(tensor.type(), piece, into, offset + done, n));
  }

  /**
   * Copies a whole floating-point tensor into an off-heap vector, from its element {@code at} on.
   */
  public void floats(TensorHeader tensor, FloatPointer into, long at) throws IOException {
    requireFloating(tensor);
    long start = into.position() + at;
    if (start < 0 || (into.limit() > 0 && start + tensor.elements() > into.limit())) {
      throw new IndexOutOfBoundsException(
          "tensor " + tensor.name() + " at " + start + " of a vector of " + into.limit());
    }
    FloatPointer view = new FloatPointer(into);
    float[] values = new float[(int) Math.min(PIECE, tensor.elements())];
    for (long from = 0; from < tensor.elements(); from += PIECE) {
      int count = (int) Math.min(PIECE, tensor.elements() - from);
      floats(tensor, from, values, 0, count);
      view.position(start + from).put(values, 0, count);
    }
  }

  /** Copies elements {@code from .. from+count} of an integer tensor into an array. */
  public void ints(TensorHeader tensor, long from, int[] into, int offset, int count)
      throws IOException {
    if (tensor.type().isFloating()) {
      throw wrongType(tensor, "whole numbers");
    }
    inPieces(
        tensor, from, count, (piece, done, n) -> decode(tensor, piece, into, offset + done, n));
  }

  /** Copies bytes {@code from .. from+count} of a tensor into an array. */
  public void bytes(TensorHeader tensor, long from, byte[] into, int offset, int count)
      throws IOException {
    Objects.checkFromIndexSize(from, count, tensor.bytes());
    Objects.checkFromIndexSize(offset, count, into.length);
    try {
      source.readFully(dataStart + tensor.begin() + from, into, offset, count);
    } catch (EOFException e) {
      throw refusal.of("it ends inside tensor " + Refusal.quoted(tensor.name()), e);
    }
  }

  @Override
  public void close() throws IOException {
    resource.close();
  }

  @FunctionalInterface
  private interface Decoder {
    void decode(ByteBuffer piece, int done, int count);
  }

  private void inPieces(TensorHeader tensor, long from, int count, Decoder decoder)
      throws IOException {
    Objects.checkFromIndexSize(from, count, tensor.elements());
    int size = tensor.type().bytes();
    byte[] piece = new byte[size * Math.min(PIECE, count)];
    ByteBuffer view = ByteBuffer.wrap(piece).order(ByteOrder.LITTLE_ENDIAN);
    for (int done = 0; done < count; done += PIECE) {
      int n = Math.min(PIECE, count - done);
      bytes(tensor, (from + done) * size, piece, 0, n * size);
      decoder.decode(view, done, n);
    }
  }

  private static void decode(TensorType type, ByteBuffer in, float[] into, int offset, int count) {
    switch (type) {
      case F32 -> in.asFloatBuffer().get(into, offset, count);
      case F64 -> {
        for (int i = 0; i < count; i++) {
          into[offset + i] = (float) in.getDouble(8 * i);
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          into[offset + i] = Float.intBitsToFloat(in.getShort(2 * i) << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          into[offset + i] = HalfFloat.toFloat(in.getShort(2 * i));
        }
      }
      case I64, I32, I16, I8, U8, BOOL -> throw new IllegalArgumentException(type.name());
    }
  }

  private void decode(TensorHeader tensor, ByteBuffer in, int[] into, int offset, int count) {
    for (int i = 0; i < count; i++) {
      into[offset + i] =
          switch (tensor.type()) {
            case I32 -> in.getInt(4 * i);
            case I64 -> narrow(tensor, in.getLong(8 * i));
            case I16 -> in.getShort(2 * i);
            case I8 -> in.get(i);
            case U8, BOOL -> in.get(i) & 0xff;
            case F64, F32, F16, BF16 -> throw new IllegalArgumentException(tensor.type().name());
          };
    }
  }

  private int narrow(TensorHeader tensor, long value) {
    if (value != (int) value) {
      throw refusal.of(
          "tensor " + Refusal.quoted(tensor.name()) + " holds " + value + ", beyond 32 bits");
    }
    return (int) value;
  }

  private void requireFloating(TensorHeader tensor) {
    if (!tensor.type().isFloating()) {
      throw wrongType(tensor, "floating-point numbers");
    }
  }

  private ModelException wrongType(TensorHeader tensor, String wanted) {
    return refusal.of(
        "tensor "
            + Refusal.quoted(tensor.name())
            + " is of type "
            + tensor.type()
            + " where "
            + wanted
            + " are needed");
  }

  private int arrayLength(TensorHeader tensor) {
    if (tensor.elements() > LONGEST_ARRAY) {
      throw tooLong(tensor);
    }
    return (int) tensor.elements();
  }

  private ModelException tooLong(TensorHeader tensor) {
    return refusal.of(
        String.format(
            "tensor %s of shape %s is too long for one array",
            Refusal.quoted(tensor.name()), tensor.shape()));
  }
}
