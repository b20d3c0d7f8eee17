package org.sparkmim.data.order;

/** The 64-bit finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that mixes well. */
final class Mix64 {
  static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Mix64() {}

  static long of(long z) {
    long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }

  /** Folds a further word into a key; order matters. */
  static long combine(long key, long word) {
    return of(of(key + GOLDEN) ^ of(word + 2 * GOLDEN) * GOLDEN);
  }
}
