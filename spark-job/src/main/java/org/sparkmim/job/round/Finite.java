package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * Tells whether little-endian float32 numbers are all finite, which IEEE 754's bits say: an
 * exponent of ones alone is infinity or NaN.
 */
final class Finite {
  /** Floats looked at at a time: they stay in the core's nearest cache. */
  private static final int PIECE = 1 << 11;

  private static final int MAGNITUDE = 0x7fff_ffff;

  /** Added to a magnitude, it reaches the sign bit from infinity on. */
  private static final int UP_TO_INFINITY = 0x0080_0000;

  private Finite() {}

  /** Whether all numbers of a slice are finite. */
  static boolean all(byte[] slice) {
    return all(ByteBuffer.wrap(slice));
  }

  /** Whether all numbers from a buffer's position to its limit are finite. */
  static boolean all(ByteBuffer slice) {
    IntBuffer bits = slice.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
    int[] piece = new int[Math.min(PIECE, bits.remaining())];
    while (bits.hasRemaining()) {
      int count = Math.min(piece.length, bits.remaining());
      bits.get(piece, 0, count);
      if (reaches(piece, count)) {
        return false;
      }
    }
    return true;
  }

  /** Whether all numbers are finite that a slice tells. */
  static boolean all(Exchange as, ByteBuffer slice, int floats) {
    if (as == Exchange.F32) {
      return all(slice);
    }
    Coder coder = new Coder();
    float[] piece = new float[Coder.PIECE];
    ByteBuffer in = slice.duplicate();
    boolean finite = true;
    for (int done = 0; done < floats && finite; done += Coder.PIECE) {
      int count = Math.min(Coder.PIECE, floats - done);
      coder.read(as, in, piece, count);
      finite = all(piece, count);
    }
    return finite;
  }

  /** Whether the first {@code count} numbers are finite. */
  static boolean all(float[] values, int count) {
    int signs = 0;
    for (int i = 0; i < count; i++) {
      signs |= (Float.floatToRawIntBits(values[i]) & MAGNITUDE) + UP_TO_INFINITY;
    }
    return signs >= 0;
  }

  /** Without a branch, so that the compiler can take many at once. */
  private static boolean reaches(int[] bits, int count) {
    int signs = 0;
    for (int i = 0; i < count; i++) {
      signs |= (bits[i] & MAGNITUDE) + UP_TO_INFINITY;
    }
    return signs < 0;
  }
}
