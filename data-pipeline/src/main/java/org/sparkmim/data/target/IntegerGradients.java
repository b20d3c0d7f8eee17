package org.sparkmim.data.target;

import java.util.Arrays;

/**
 * Gradients of an 8-bit image in exact integer arithmetic. Each loop does one simple thing, over
 * many rows: the compiler turns those that read and write at one index into vector instructions.
 */
final class IntegerGradients implements Gradients {
  private final int height;
  private final int width;
  private final int stride;
  private final int boundaryCount;
  private final int[] cosine;
  private final int[] sine;
  private final int[] padded;
  private final int[] a;
  private final int[] b;
  private byte[] pixels;

  /**
   * For images of that size; the image itself comes with {@link #of}.
   *
   * @param rows most rows that are asked for at a time
   */
  IntegerGradients(int height, int width, int rows, BinBoundaries boundaries) {
    this.height = height;
    this.width = width;
    this.stride = width + PAD;
    this.boundaryCount = boundaries.integerSine().length;
    // An odd one out is paired with (0, 0), which every gradient reaches.
    this.cosine = Arrays.copyOf(boundaries.integerCosine(), boundaryCount + 1);
    this.sine = Arrays.copyOf(boundaries.integerSine(), boundaryCount + 1);
    this.padded = new int[(rows + 2) * stride];
    this.a = new int[rows * stride];
    this.b = new int[rows * stride];
  }

  /**
   * Turns to another image.
   *
   * @param planes [3, height, width], unsigned
   */
  IntegerGradients of(byte[] planes) {
    this.pixels = planes;
    return this;
  }

  @Override
  public void rows(int channel, int y, int count, double[] magnitude, int[] bin) {
    for (int row = 0; row < count + 2; row++) {
      load(channel, Gradients.mirror(y + row - 1, height), row * stride);
    }
    int n = count * stride - PAD;
    across(padded, stride, a, n);
    down(padded, 2 * stride, b, n);
    foldOppositeDirections(a, b, n);
    Arrays.fill(bin, 0, n, boundaryCount);
    for (int k = 0; k < boundaryCount; k += 2) {
      subtractUnreached(a, b, cosine[k], sine[k], cosine[k + 1], sine[k + 1], bin, n);
    }
    magnitude(magnitude, n);
    for (int end = stride; end <= count * stride; end += stride) {
      magnitude[end - 2] = 0;
      magnitude[end - 1] = 0;
    }
  }

  private void load(int channel, int y, int at) {
    int start = (channel * height + y) * width;
    for (int x = 0; x < width; x++) {
      padded[at + 1 + x] = pixels[start + x] & 0xff;
    }
    padded[at] = padded[at + 2];
    padded[at + width + 1] = padded[at + width - 1];
  }

  private static void across(int[] p, int stride, int[] a, int n) {
    for (int i = 0; i < n; i++) {
      int middle = i + stride;
      int below = middle + stride;
      a[i] = p[i] - p[i + 2] + 2 * (p[middle] - p[middle + 2]) + p[below] - p[below + 2];
    }
  }

  private static void down(int[] p, int twoRows, int[] b, int n) {
    for (int i = 0; i < n; i++) {
      int below = i + twoRows;
      b[i] = p[i] - p[below] + 2 * (p[i + 1] - p[below + 1]) + p[i + 2] - p[below + 2];
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

  /** Of two boundaries at once: the gradients are loaded half as often. */
  private static void subtractUnreached(
      int[] a, int[] b, int cosine, int sine, int cosine2, int sine2, int[] bin, int n) {
    for (int i = 0; i < n; i++) {
      int across = a[i];
      int down = b[i];
      bin[i] += ((across * cosine - down * sine) >> 31) + ((across * cosine2 - down * sine2) >> 31);
    }
  }

  /** Overwrites {@link #a} with squared lengths; ints to doubles alone is no vector instruction. */
  private void magnitude(double[] magnitude, int n) {
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
