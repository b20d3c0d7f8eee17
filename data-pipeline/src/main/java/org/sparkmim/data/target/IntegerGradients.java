package org.sparkmim.data.target;

import java.util.Arrays;

/**
 * Magnitudes and bins of an 8-bit image in exact integer arithmetic, in loops as {@link SobelRows}
 * has.
 */
final class IntegerGradients implements Gradients {
  private final int stride;
  private final int boundaryCount;
  private final int[] cosine;
  private final int[] sine;
  private final SobelRows sobel;

  /**
   * For images of that size; the image itself comes with {@link #of}.
   *
   * @param rows most rows that are asked for at a time
   */
  IntegerGradients(int height, int width, int rows, BinBoundaries boundaries) {
    this.stride = width + PAD;
    this.boundaryCount = boundaries.integerSine().length;
    this.cosine = boundaries.integerCosine();
    this.sine = boundaries.integerSine();
    this.sobel = new SobelRows(height, width, rows);
  }

  /**
   * Turns to another image.
   *
   * @param planes [3, height, width], unsigned
   */
  IntegerGradients of(byte[] planes) {
    sobel.of(planes);
    return this;
  }

  @Override
  public void rows(int channel, int y, int count, double[] magnitude, int[] bin) {
    int n = sobel.compute(channel, y, count);
    int[] a = sobel.a();
    int[] b = sobel.b();
    foldOppositeDirections(a, b, n);
    Arrays.fill(bin, 0, n, boundaryCount);
    for (int k = 0; k < boundaryCount; k++) {
      subtractUnreached(a, b, cosine[k], sine[k], bin, n);
    }
    magnitude(a, b, magnitude, n);
    for (int end = stride; end <= count * stride; end += stride) {
      magnitude[end - 2] = 0;
      magnitude[end - 1] = 0;
    }
  }

  /** Negates gradients of the lower half plane: afterwards a > 0, or a = 0 and b >= 0. */
  private static void foldOppositeDirections(int[] a, int[] b, int n) {
    for (int i = 0; i < n; i++) {
      // |b| <= 1020 < 2048, so the sum has the sign of a, or of b where a is zero.
      int sign = (a[i] * 2048 + b[i]) >> 31;
      a[i] = (a[i] ^ sign) - sign;
      b[i] = (b[i] ^ sign) - sign;
    }
  }

  private static void subtractUnreached(int[] a, int[] b, int cosine, int sine, int[] bin, int n) {
    for (int i = 0; i < n; i++) {
      bin[i] += (a[i] * cosine - b[i] * sine) >> 31;
    }
  }

  /** Overwrites a with squared lengths; ints to doubles alone is no vector instruction. */
  private static void magnitude(int[] a, int[] b, double[] magnitude, int n) {
    for (int i = 0; i < n; i++) {
      a[i] = a[i] * a[i] + b[i] * b[i];
    }
    for (int i = 0; i < n; i++) {
      magnitude[i] = a[i];
    }
    for (int i = 0; i < n; i++) {
      magnitude[i] = Math.sqrt(magnitude[i]);
    }
  }
}
