package org.sparkmim.data.order;

/**
 * A permutation of the sample ids [0, n), different for every (seed, epoch), computed position by
 * position in constant memory: a balanced Feistel network over the smallest power of four that
 * holds n, walked until it lands inside [0, n). No worker count enters it.
 */
public final class SampleOrder {
  private static final int ROUNDS = 6;

  private final long size;
  private final int halfBits;
  private final long halfMask;
  private final long[] roundKeys = new long[ROUNDS];

  /**
   * @param size samples in the data set, positive, at most 2^62
   */
  public SampleOrder(long seed, long epoch, long size) {
    if (size <= 0 || size > 1L << 62) {
      throw new IllegalArgumentException("An order needs 1 to 2^62 samples, got " + size);
    }
    this.size = size;
    int bits = 64 - Long.numberOfLeadingZeros(Math.max(1, size - 1));
    this.halfBits = (bits + 1) / 2;
    this.halfMask = (1L << halfBits) - 1;
    long key = Mix64.combine(seed, epoch);
    for (int round = 0; round < ROUNDS; round++) {
      roundKeys[round] = Mix64.combine(key, round);
    }
  }

  /** Id of the sample at a position in [0, n). */
  public long at(long position) {
    if (position < 0 || position >= size) {
      throw new IllegalArgumentException("Position " + position + " is outside 0.." + (size - 1));
    }
    long value = position;
    do {
      value = encipher(value);
    } while (value >= size);
    return value;
  }

  private long encipher(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (long key : roundKeys) {
      long next = left ^ (Mix64.of(right ^ key) & halfMask);
      left = right;
      right = next;
    }
    return left << halfBits | right;
  }
}
