package org.sparkmim.model.weights;

/** IEEE 754 binary16 numbers (Java 17 cannot convert them yet). */
final class HalfFloat {
  private static final float SMALLEST = 0x1p-24f;

  private HalfFloat() {}

  /** The exact value of the 16 bits. */
  static float toFloat(short bits) {
    int exponent = (bits >> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    int sign = (bits & 0x8000) << 16;
    if (exponent == 0) {
      float magnitude = fraction * SMALLEST;
      return sign == 0 ? magnitude : -magnitude;
    }
    int wide = exponent == 0x1f ? 0xff : exponent - 15 + 127;
    return Float.intBitsToFloat(sign | wide << 23 | fraction << 13);
  }
}
