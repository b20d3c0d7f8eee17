package org.sparkmim.data.target;

/**
 * The directions that separate neighbouring orientation bins.
 *
 * <p>With {@code theta = atan2(a, b)} folded into {@code [0, pi)}, boundary {@code k} (1 to bins-1)
 * lies at {@code theta = k*pi/bins}, and the sign of {@code a*cos(theta_k) - b*sin(theta_k)} says
 * on which side a gradient is: the bin is the number of boundaries it has reached. A gradient
 * exactly on a boundary belongs to the bin above it.
 *
 * @param cosine exact-zero-aware cosines, one a boundary
 * @param sine sines, one a boundary
 * @param integerCosine first component of a small integer vector along each boundary
 * @param integerSine second component of it
 */
record BinBoundaries(double[] cosine, double[] sine, int[] integerCosine, int[] integerSine) {
  /**
   * Largest component of an integer boundary vector: times twice the largest 8-bit gradient (1020)
   * it stays below 2^31.
   */
  private static final long MAX_COMPONENT = 1 << 20;

  static BinBoundaries of(int bins) {
    int n = bins - 1;
    double[] cosine = new double[n];
    double[] sine = new double[n];
    int[] integerCosine = new int[n];
    int[] integerSine = new int[n];
    for (int i = 0; i < n; i++) {
      int k = i + 1;
      cosine[i] = cosine(k, bins);
      sine[i] = cosine(Math.abs(2 * k - bins), 2 * bins);
      double c = Math.abs(cosine[i]);
      long[] ratio = lastConvergent(Math.min(c, sine[i]) / Math.max(c, sine[i]));
      long small = ratio[0];
      long large = ratio[1];
      integerCosine[i] = (int) (Math.signum(cosine[i]) * (c <= sine[i] ? small : large));
      integerSine[i] = (int) (c <= sine[i] ? large : small);
    }
    return new BinBoundaries(cosine, sine, integerCosine, integerSine);
  }

  /** {@code cos(k*pi/n)}, exact where it is zero, and equal to the sine at 45 degrees. */
  private static double cosine(int k, int n) {
    if (2 * k > n) {
      return -cosine(n - k, n);
    }
    if (2 * k == n) {
      return 0;
    }
    return 4 * k == n ? Math.sqrt(0.5) : Math.cos(k * Math.PI / n);
  }

  /**
   * The last continued-fraction convergent of {@code x} in [0,1] with a denominator up to {@link
   * #MAX_COMPONENT}. No fraction with a smaller denominator lies between a convergent and its
   * limit, so no 8-bit gradient can fall between the true boundary and the integer one.
   */
  private static long[] lastConvergent(double x) {
    long p0 = 1;
    long q0 = 0;
    long p1 = 0;
    long q1 = 1;
    double rest = x;
    while (rest > 1.0 / MAX_COMPONENT) {
      double inverse = 1 / rest;
      long whole = (long) inverse;
      if (whole * q1 + q0 > MAX_COMPONENT) {
        break;
      }
      long p2 = whole * p1 + p0;
      long q2 = whole * q1 + q0;
      p0 = p1;
      q0 = q1;
      p1 = p2;
      q1 = q2;
      rest = inverse - whole;
    }
    return new long[] {p1, q1};
  }
}
