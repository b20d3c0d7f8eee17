package org.sparkmim.data.target;

import java.util.Arrays;

/**
 * Magnitudes and bins of an 8-bit image whose mean/std-normalised gradients have a constant added.
 * Gradients stay the integers of 8-bit pixels; it is the constant that is brought to their scale,
 * which differs between channels, and bins depend on directions alone.
 *
 * <p>Directions are told apart in fixed point, to less than 1e-6 of a radian; the magnitude is in
 * double.
 */
final class BiasedGradients implements Gradients {
  private final int stride;
  private final GradientBias bias;
  private final int bins;
  private final int[] directions;
  private final SobelRows sobel;
  private final int[] sign;
  private final double[] vertical;

  /**
   * For images of that size; the image itself comes with {@link #of}.
   *
   * @param rows most rows that are asked for at a time
   */
  BiasedGradients(int height, int width, int rows, int bins, GradientBias bias) {
    this.stride = width + PAD;
    this.bias = bias;
    this.bins = bins;
    this.directions = HogDirections.biased(bins, bias);
    this.sobel = new SobelRows(height, width, rows);
    this.sign = new int[rows * stride];
    this.vertical = new double[rows * stride];
  }

  /**
   * Turns to another image.
   *
   * @param planes [3, height, width], unsigned
   */
  BiasedGradients of(byte[] planes) {
    sobel.of(planes);
    return this;
  }

  @Override
  public void rows(int channel, int y, int count, double[] magnitude, int[] bin) {
    int n = sobel.compute(channel, y, count);
    int at = channel * 3 * bins;
    side(sobel.a(), directions[at], sign, n);
    Arrays.fill(bin, 0, n, bins - 1);
    for (int k = at + 3; k < at + 3 * bins; k += 3) {
      subtractUnreached(
          sobel.a(), sobel.b(), directions[k], directions[k + 1], directions[k + 2], sign, bin, n);
    }
    double biasA = HogDirections.horizontal(bias, channel);
    double biasB = HogDirections.vertical(bias, channel);
    magnitude(magnitude, biasA, biasB, n);
    for (int end = stride; end <= count * stride; end += stride) {
      magnitude[end - 2] = 0;
      magnitude[end - 1] = 0;
    }
  }

  /** -1 in the lower half plane, whose gradients count as their opposites, otherwise 0. */
  private static void side(int[] a, int bias, int[] sign, int n) {
    for (int i = 0; i < n; i++) {
      sign[i] = (a[i] * HogDirections.ONE + bias) >> 31;
    }
  }

  private static void subtractUnreached(
      int[] a, int[] b, int cosine, int sine, int bias, int[] sign, int[] bin, int n) {
    for (int i = 0; i < n; i++) {
      bin[i] += (((a[i] * cosine - b[i] * sine + bias) ^ sign[i]) - sign[i]) >> 31;
    }
  }

  private void magnitude(double[] magnitude, double biasA, double biasB, int n) {
    int[] a = sobel.a();
    int[] b = sobel.b();
    for (int i = 0; i < n; i++) {
      magnitude[i] = a[i];
    }
    for (int i = 0; i < n; i++) {
      vertical[i] = b[i];
    }
    addSquares(magnitude, biasA, vertical, biasB, n);
    for (int i = 0; i < n; i++) {
      magnitude[i] = Math.sqrt(magnitude[i]);
    }
  }

  private static void addSquares(double[] x, double biasX, double[] y, double biasY, int n) {
    for (int i = 0; i < n; i++) {
      x[i] = (x[i] + biasX) * (x[i] + biasX) + (y[i] + biasY) * (y[i] + biasY);
    }
  }
}
