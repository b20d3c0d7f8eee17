package org.sparkmim.data.target;

import java.util.Arrays;
import org.sparkmim.data.image.Normalisation;

/**
 * Magnitudes and bins of an 8-bit image whose mean/std-normalised gradients have a constant added.
 * Gradients stay the integers of 8-bit pixels; it is the constant that is brought to their scale,
 * which differs between channels, and bins depend on directions alone.
 *
 * <p>Directions are told apart in fixed point, to less than 1e-6 of a radian; the magnitude is in
 * double.
 */
final class BiasedGradients implements Gradients {
  /** Of 1020, the largest 8-bit gradient, times its square root of two, enough below 2^31. */
  private static final double ONE = 1 << 20;

  private final int stride;
  private final GradientBias bias;
  private final BinBoundaries boundaries;
  private final SobelRows sobel;
  private final int[] sign;
  private final double[] vertical;

  /**
   * For images of that size; the image itself comes with {@link #of}.
   *
   * @param rows most rows that are asked for at a time
   */
  BiasedGradients(int height, int width, int rows, BinBoundaries boundaries, GradientBias bias) {
    this.stride = width + PAD;
    this.bias = bias;
    this.boundaries = boundaries;
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
    double scale = 255.0 * Normalisation.std(channel);
    double biasA = bias.a() * scale;
    double biasB = bias.b() * scale;
    double[] cosine = boundaries.cosine();
    double[] sine = boundaries.sine();
    side(sobel.a(), (int) Math.rint(biasA * ONE), sign, n);
    Arrays.fill(bin, 0, n, cosine.length);
    for (int k = 0; k < cosine.length; k++) {
      subtractUnreached(
          sobel.a(),
          sobel.b(),
          (int) Math.rint(cosine[k] * ONE),
          (int) Math.rint(sine[k] * ONE),
          (int) Math.rint((biasA * cosine[k] - biasB * sine[k]) * ONE),
          sign,
          bin,
          n);
    }
    magnitude(magnitude, biasA, biasB, n);
    for (int end = stride; end <= count * stride; end += stride) {
      magnitude[end - 2] = 0;
      magnitude[end - 1] = 0;
    }
  }

  /** -1 in the lower half plane, whose gradients count as their opposites, otherwise 0. */
  private static void side(int[] a, int bias, int[] sign, int n) {
    for (int i = 0; i < n; i++) {
      sign[i] = (a[i] * (1 << 20) + bias) >> 31;
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
