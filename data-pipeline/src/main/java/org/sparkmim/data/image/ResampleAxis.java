package org.sparkmim.data.image;

import java.util.Arrays;

/**
 * Weights of one axis of a bicubic resize with antialiasing, in 22-bit fixed point: for each output
 * position the first input position and the weights from there on. Same filter (a = -0.5), same
 * support and same rounding as Pillow's 8-bit resize, so crops equal those of torchvision on PIL
 * images.
 */
final class ResampleAxis {
  /** Inputs past the last one that {@link #apply} reads, with weight 0. */
  static final int SLACK = 4;

  private static final int FRACTION_BITS = 22;
  private static final int HALF = 1 << (FRACTION_BITS - 1);
  private static final double CUBIC_A = -0.5;
  private static final double CUBIC_SUPPORT = 2;

  private int[] first = new int[0];
  private int[] taps = new int[0];
  private int[] weights = new int[0];
  private double[] exact = new double[0];
  private int stride;

  /**
   * Plans outputs {@code from} to {@code from+count-1} of a resize of {@code in} to {@code out}
   * pixels. Outputs before the first and after the last are mirrored, without repeating the edge.
   */
  void plan(int in, int out, int from, int count) {
    double scale = (double) in / out;
    double stretch = Math.max(1, scale);
    double support = CUBIC_SUPPORT * stretch;
    stride = (int) Math.ceil(support) * 2 + 1 + SLACK;
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
      double centre = (mirror(from + i, out) + 0.5) * scale;
      int low = Math.max(0, (int) (centre - support + 0.5));
      int high = Math.min(in, (int) (centre + support + 0.5));
      first[i] = low;
      taps[i] = high - low;
      weigh(i * stride, low, high - low, centre, stretch);
    }
  }

  private static int mirror(int index, int length) {
    if (index < 0) {
      return Math.min(-index, length - 1);
    }
    return index < length ? index : Math.max(2 * length - 2 - index, 0);
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
    Arrays.fill(weights, at + n, at + stride, 0);
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

  /** The first input that any of {@code count} outputs needs. */
  int lowest(int count) {
    int lowest = Integer.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      lowest = Math.min(lowest, first[i]);
    }
    return lowest;
  }

  /** One past the last input that any of {@code count} outputs needs. */
  int end(int count) {
    int end = 0;
    for (int i = 0; i < count; i++) {
      end = Math.max(end, first[i] + taps[i]);
    }
    return end;
  }

  /**
   * Output {@code i} of many lines at once, rounded to 8 bits.
   *
   * <p>Every input position is an array of its own, with a number for each line: loops that read
   * and write ints at one index are the only ones over ints that become vector instructions.
   *
   * @param inputs [SLACK more than the positions][lines]; position {@code p} is at {@code base + p}
   * @param out receives the outputs of {@code lines} lines
   */
  void apply(int i, int[][] inputs, int base, int lines, int[] out) {
    int at = base + first[i];
    int w = i * stride;
    begin(inputs, at, weights, w, lines, out);
    for (int t = 4; t < taps[i]; t += 2) {
      add(inputs[at + t], inputs[at + t + 1], weights[w + t], weights[w + t + 1], lines, out);
    }
    round(lines, out);
  }

  private static void begin(int[][] inputs, int at, int[] weights, int w, int n, int[] out) {
    int[] in0 = inputs[at];
    int[] in1 = inputs[at + 1];
    int[] in2 = inputs[at + 2];
    int[] in3 = inputs[at + 3];
    int w0 = weights[w];
    int w1 = weights[w + 1];
    int w2 = weights[w + 2];
    int w3 = weights[w + 3];
    for (int j = 0; j < n; j++) {
      out[j] = HALF + w0 * in0[j] + w1 * in1[j] + w2 * in2[j] + w3 * in3[j];
    }
  }

  private static void add(int[] in0, int[] in1, int w0, int w1, int n, int[] out) {
    for (int j = 0; j < n; j++) {
      out[j] += w0 * in0[j] + w1 * in1[j];
    }
  }

  /**
   * To 0..255 without a comparison, which would keep the loop from becoming vector instructions.
   */
  private static void round(int n, int[] out) {
    for (int j = 0; j < n; j++) {
      int value = out[j] >> FRACTION_BITS;
      int notNegative = value & ~(value >> 31);
      int room = 255 - notNegative;
      out[j] = notNegative + (room & (room >> 31));
    }
  }
}
