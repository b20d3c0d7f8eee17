package org.sparkmim.model.engine.cuda;

/** The upper half of a float32, as common.cu has it. */
final class Bf16 {
  private Bf16() {}

  /** Rounds to the nearest, ties to even; what is no number stays none. */
  static short bits(float number) {
    int bits = Float.floatToRawIntBits(number);
    return Float.isNaN(number)
        ? (short) 0x7fc0
        : (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  static float number(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
