package org.sparkmim.data.target;

import java.util.Arrays;

/**
 * Gradients of an 8-bit image in exact integer arithmetic. Each loop does one simple thing to ints
 * or to doubles at one index, over many rows: only such loops become vector instructions, so what
 * lies beside or below a pixel is first copied to its index.
 */
final class IntegerGradients implements Gradients {
  private final int height;
  private final int width;
  private final int stride;
  private final int boundaryCount;
  private final int[] cosine;
  private final int[] sine;
  private final int[] padded;
  private final int[] beside;
  private final int[] change;
  private final int[] smoothed;
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
    this.cosine = boundaries.integerCosine();
    this.sine = boundaries.integerSine();
    this.padded = new int[(rows + 2) * stride];
    this.beside = new int[(rows + 2) * stride];
    this.change = new int[(rows + 2) * stride];
    this.smoothed = new int[(rows + 2) * stride];
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
    int all = (count + 2) * stride - PAD;
    int n = count * stride - PAD;
    System.arraycopy(padded, 2, beside, 0, all);
    subtract(padded, beside, change, all);
    System.arraycopy(padded, 1, smoothed, 0, all);
    smooth(padded, beside, smoothed, all);
    System.arraycopy(change, stride, a, 0, n);
    System.arraycopy(change, 2 * stride, beside, 0, n);
    smooth(change, beside, a, n);
    System.arraycopy(smoothed, 2 * stride, beside, 0, n);
    subtract(smoothed, beside, b, n);
    foldOppositeDirections(a, b, n);
    Arrays.fill(bin, 0, n, boundaryCount);
    for (int k = 0; k < boundaryCount; k++) {
      subtractUnreached(a, b, cosine[k], sine[k], bin, n);
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

  private static void subtract(int[] one, int[] other, int[] out, int n) {
    for (int i = 0; i < n; i++) {
      out[i] = one[i] - other[i];
    }
  }

  /** Adds neighbours to twice what is there. */
  private static void smooth(int[] before, int[] after, int[] out, int n) {
    for (int i = 0; i < n; i++) {
      out[i] = before[i] + 2 * out[i] + after[i];
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
