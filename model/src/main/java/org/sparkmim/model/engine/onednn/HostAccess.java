package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Reads and writes a contiguous tensor from Java, converting bf16 to and from float. Several
 * threads may work on different elements.
 */
final class HostAccess {
  private static final int TILE = 4096;
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(TILE * Float.BYTES);

  private final boolean bf16;
  private final int size;
  private final ThreadLocal<short[]> tile;
  private ByteBuffer bytes;
  private FloatBuffer floats;
  private IntBuffer ints;
  private ShortBuffer shorts;

  /** Of memory that exists, or of a region: then not before that has its own. */
  HostAccess(Tensor tensor) {
    bf16 = tensor.type() == dnnl_bf16;
    size = Math.toIntExact(tensor.size());
    tile = bf16 ? ThreadLocal.withInitial(() -> new short[TILE]) : null;
    if (tensor.region() == null) {
      bind(tensor.data(), tensor.bytes());
    } else {
      tensor.region().request(tensor.bytes(), memory -> bind(memory, tensor.bytes()));
    }
  }

  private void bind(Pointer memory, long length) {
    bytes = new BytePointer(memory).limit(length).asByteBuffer().order(ByteOrder.nativeOrder());
    floats = bytes.asFloatBuffer();
    ints = bytes.asIntBuffer();
    shorts = bytes.asShortBuffer();
  }

  /** The raw memory. */
  ByteBuffer bytes() {
    return bytes;
  }

  /** Copies all elements in. */
  void write(float[] numbers) {
    write(0, numbers, size);
  }

  /** Copies the first {@code length} numbers to the elements from {@code first}. */
  void write(int first, float[] numbers, int length) {
    if (!bf16) {
      floats.put(first, numbers, 0, length);
      return;
    }
    short[] halves = tile.get();
    for (int at = 0; at < length; at += TILE) {
      int part = Math.min(TILE, length - at);
      for (int i = 0; i < part; i++) {
        halves[i] = toBf16(numbers[at + i]);
      }
      shorts.put(first + at, halves, 0, part);
    }
  }

  /** Writes zeros to {@code length} elements from {@code first} on. */
  void clear(int first, int length) {
    int element = bf16 ? Short.BYTES : Float.BYTES;
    for (int at = 0; at < length; at += TILE) {
      int part = Math.min(TILE, length - at);
      bytes.put((first + at) * element, ZEROS, 0, part * element);
    }
  }

  /** Copies all elements in; for 32-bit integers. */
  void write(int[] numbers) {
    ints.put(0, numbers, 0, size);
  }

  /** Copies all elements out. */
  void read(float[] numbers) {
    read(0, numbers, size);
  }

  /** Copies {@code length} elements from {@code first} on to the start of the array. */
  void read(int first, float[] numbers, int length) {
    read(first, numbers, 0, length);
  }

  /** Copies {@code length} elements from {@code first} on to the array from {@code to} on. */
  void read(int first, float[] numbers, int to, int length) {
    if (!bf16) {
      floats.get(first, numbers, to, length);
      return;
    }
    short[] halves = tile.get();
    for (int at = 0; at < length; at += TILE) {
      int part = Math.min(TILE, length - at);
      shorts.get(first + at, halves, 0, part);
      for (int i = 0; i < part; i++) {
        numbers[to + at + i] = Float.intBitsToFloat(halves[i] << 16);
      }
    }
  }

  /** Copies 32-bit integers out. */
  void read(int[] numbers) {
    read(0, numbers, size);
  }

  /** Copies {@code length} 32-bit integers from {@code first} on to the start of the array. */
  void read(int first, int[] numbers, int length) {
    ints.get(first, numbers, 0, length);
  }

  float first() {
    return floats.get(0);
  }

  /** Rounds to the nearest, ties to even; NaN stays NaN. */
  static short toBf16(float number) {
    int bits = Float.floatToRawIntBits(number);
    int rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
    return (short) (Float.isNaN(number) ? (bits >>> 16) | 0x40 : rounded);
  }
}
