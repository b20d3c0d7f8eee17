package org.sparkmim.data.order;

/**
 * The random numbers of one sample in one epoch for one purpose: the i-th number is a pure function
 * of (seed, epoch, sample id, purpose, i), so a sample gets the same crop and mask wherever and
 * whenever it is trained.
 */
public final class SampleRandom {
  /** What the numbers are for; each purpose has a stream of its own, keyed by its position. */
  public enum Purpose {
    CROP,
    FLIP,
    MASK,
    HOG_BIAS,
    DROP_PATH
  }

  private long state;

  public SampleRandom(long seed, long epoch, long sampleId, Purpose purpose) {
    long key = Mix64.combine(seed, epoch);
    key = Mix64.combine(key, sampleId);
    this.state = Mix64.combine(key, purpose.ordinal());
  }

  public long nextLong() {
    state += Mix64.GOLDEN;
    return Mix64.of(state);
  }

  /** Uniform in [0,1), 53 bits. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** Uniform in [0,1), 24 bits. */
  public float nextFloat() {
    return (nextLong() >>> 40) * 0x1.0p-24f;
  }

  /** As many {@link #nextFloat}s, from {@code at} on. */
  public void fill(float[] numbers, int at, int count) {
    for (int i = at; i < at + count; i++) {
      numbers[i] = nextFloat();
    }
  }

  /** Uniform in [low, high). */
  public double uniform(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** Uniform in [0, bound). */
  public int nextInt(int bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("Bound must be positive, got " + bound);
    }
    // Of 63 random bits, the bias towards small numbers is below 2^-32.
    return (int) ((nextLong() >>> 1) % bound);
  }
}
