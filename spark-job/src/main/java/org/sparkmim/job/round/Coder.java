package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes and reads floats as an {@link Exchange} has them, piece after piece. Keeps its buffers;
 * for one thread.
 */
final class Coder {
  /** Numbers that share a scale in {@link Exchange#INT8}. */
  static final int BLOCK = 256;

  /**
   * Floats at a time, at most: a multiple of {@link #BLOCK}, of which only a slice's last may not
   * be.
   */
  static final int PIECE = 1 << 12;

  private static final int LARGEST_BF16 = 0x7f7f_0000;

  /** Added to a float below 2^22 and taken away again, it leaves the nearest whole number. */
  private static final float ROUNDER = 3 << 22;

  private final short[] halves = new short[PIECE];
  private final byte[] quanta = new byte[BLOCK];
  private final float[] piece = new float[PIECE];

  /** Writes finite numbers from a buffer's position on, and moves it. */
  void write(Exchange as, float[] values, int count, ByteBuffer out) {
    out.order(ByteOrder.LITTLE_ENDIAN);
    switch (as) {
      case F32 -> out.asFloatBuffer().put(values, 0, count);
      case BF16 -> writeHalves(values, count, out);
      case INT8 -> writeQuanta(values, count, out);
    }
    out.position(out.position() + as.bytes(count));
  }

  private void writeHalves(float[] values, int count, ByteBuffer out) {
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits(values[i]);
      // What would round to infinity stays the largest there is.
      int magnitude = Math.min(bits & 0x7fff_ffff, LARGEST_BF16);
      int rounded = magnitude + 0x7fff + (magnitude >>> 16 & 1);
      halves[i] = (short) (rounded >>> 16 | bits >>> 31 << 15);
    }
    out.asShortBuffer().put(halves, 0, count);
  }

  private void writeQuanta(float[] values, int count, ByteBuffer out) {
    int at = out.position();
    for (int from = 0; from < count; from += BLOCK) {
      int length = Math.min(BLOCK, count - from);
      float largest = 0;
      for (int i = 0; i < length; i++) {
        largest = Math.max(largest, Math.abs(values[from + i]));
      }
      float scale = largest / 127;
      // Smaller ones have no inverse; what they would tell is left to the residual.
      float inverse = scale < Float.MIN_NORMAL ? 0 : 1 / scale;
      for (int i = 0; i < length; i++) {
        quanta[i] = (byte) (int) (values[from + i] * inverse + ROUNDER - ROUNDER);
      }
      out.putFloat(at, inverse == 0 ? 0 : scale);
      out.put(at + Float.BYTES, quanta, 0, length);
      at += Float.BYTES + length;
    }
  }

  /** Reads numbers from a buffer's position on, and moves it. */
  void read(Exchange as, ByteBuffer in, float[] values, int count) {
    in.order(ByteOrder.LITTLE_ENDIAN);
    switch (as) {
      case F32 -> in.asFloatBuffer().get(values, 0, count);
      case BF16 -> readHalves(in, values, count);
      case INT8 -> readQuanta(in, values, count);
    }
    in.position(in.position() + as.bytes(count));
  }

  /** Reads the first {@code floats} numbers of a slice. */
  void readAll(Exchange as, ByteBuffer in, float[] values, int floats) {
    for (int done = 0; done < floats; done += PIECE) {
      int count = Math.min(PIECE, floats - done);
      read(as, in, piece, count);
      System.arraycopy(piece, 0, values, done, count);
    }
  }

  /** A slice of little-endian float32 written otherwise; itself where that is the same. */
  byte[] writeAll(Exchange as, byte[] floatBytes) {
    if (as == Exchange.F32) {
      return floatBytes;
    }
    return translate(
        Exchange.F32, ByteBuffer.wrap(floatBytes), as, floatBytes.length / Float.BYTES);
  }

  /** A slice as little-endian float32. */
  byte[] floatBytes(Exchange as, ByteBuffer slice, int floats) {
    return translate(as, slice.duplicate(), Exchange.F32, floats);
  }

  private byte[] translate(Exchange from, ByteBuffer in, Exchange to, int floats) {
    byte[] bytes = new byte[to.bytes(floats)];
    ByteBuffer out = ByteBuffer.wrap(bytes);
    for (int done = 0; done < floats; done += PIECE) {
      int count = Math.min(PIECE, floats - done);
      read(from, in, piece, count);
      write(to, piece, count, out);
    }
    return bytes;
  }

  private void readHalves(ByteBuffer in, float[] values, int count) {
    in.asShortBuffer().get(halves, 0, count);
    for (int i = 0; i < count; i++) {
      values[i] = Float.intBitsToFloat(halves[i] << 16);
    }
  }

  private void readQuanta(ByteBuffer in, float[] values, int count) {
    int at = in.position();
    for (int from = 0; from < count; from += BLOCK) {
      int length = Math.min(BLOCK, count - from);
      float scale = in.getFloat(at);
      in.get(at + Float.BYTES, quanta, 0, length);
      for (int i = 0; i < length; i++) {
        values[from + i] = quanta[i] * scale;
      }
      at += Float.BYTES + length;
    }
  }
}
