package org.sparkmim.job.round;

import java.util.Locale;

/** How numbers travel between workers and averagers. */
public enum Exchange {
  /** Little-endian float32, as they are. */
  F32,
  /** The upper half of a float32, rounded to nearest, ties to even. */
  BF16,
  /**
   * Blocks of 256 numbers: their largest magnitude / 127 as a float32, and each number over that,
   * rounded to nearest, ties to even, as a signed byte.
   */
  INT8;

  /** As recipes write it. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Of Adam's moments: means over many steps, which forget what rounding did to them. */
  Exchange ofMoments() {
    return this == F32 ? F32 : BF16;
  }

  /** Bytes that {@code floats} numbers of one slice take. */
  int bytes(int floats) {
    return switch (this) {
      case F32 -> floats * Float.BYTES;
      case BF16 -> floats * Short.BYTES;
      case INT8 -> floats + (floats + Coder.BLOCK - 1) / Coder.BLOCK * Float.BYTES;
    };
  }
}
