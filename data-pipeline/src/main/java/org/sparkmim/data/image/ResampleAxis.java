package org.sparkmim.data.image;

/**
 * Weights of one axis of a bicubic resize with antialiasing, in 22-bit fixed point: for each output
 * position the first input position and the weights from there on. Same filter (a = -0.5), same
 * support and same rounding as Pillow's 8-bit resize, so crops equal those of torchvision on PIL
 * images.
 */
final class ResampleAxis {
  static final int FRACTION_BITS = 22;
  private static final double CUBIC_A = -0.5;
  private static final double CUBIC_SUPPORT = 2;

  private int[] first = new int[0];
  private int[] taps = new int[0];
  private int[] weights = new int[0];
  private double[] exact = new double[0];
  private int stride;

  /**
   * Plans outputs {@code from} to {@code from+count-1} of a resize of {@code in} to {@code out}
   * pixels.
   */
  void plan(int in, int out, int from, int count) {
    double scale = (double) in / out;
    double stretch = Math.max(1, scale);
    double support = CUBIC_SUPPORT * stretch;
    stride = (int) Math.ceil(support) * 2 + 1;
    if (first.length < count) {
      first = new int[count];
      taps = new int[count];
    }
    if (weights.length < count * stride) {
      weights = new int[count * stride];
    }
    if (exact.length < stride) {
      exact = new double[stride];
    }
    for (int i = 0; i < count; i++) {
      double centre = (from + i + 0.5) * scale;
      int low = Math.max(0, (int) (centre - support + 0.5));
      int high = Math.min(in, (int) (centre + support + 0.5));
      first[i] = low;
      taps[i] = high - low;
      weigh(i * stride, low, high - low, centre, stretch);
    }
  }

  private void weigh(int at, int low, int n, double centre, double stretch) {
    double sum = 0;
    for (int t = 0; t < n; t++) {
      exact[t] = cubic((t + low - centre + 0.5) / stretch);
      sum += exact[t];
    }
    for (int t = 0; t < n; t++) {
      double scaled = exact[t] / sum * (1 << FRACTION_BITS);
      weights[at + t] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }

  private static double cubic(double distance) {
    double x = Math.abs(distance);
    if (x < 1) {
      return ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
    }
    if (x < 2) {
      return (((x - 5) * x + 8) * x - 4) * CUBIC_A;
    }
    return 0;
  }

  int first(int i) {
    return first[i];
  }

  int taps(int i) {
    return taps[i];
  }

  /** Where the weights of output {@code i} start in {@link #weights()}. */
  int start(int i) {
    return i * stride;
  }

  int[] weights() {
    return weights;
  }
}
