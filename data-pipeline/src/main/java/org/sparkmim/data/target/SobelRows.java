package org.sparkmim.data.target;

/**
 * Horizontal and vertical gradients of some rows of an 8-bit image, in exact integers. Each loop
 * does one simple thing to ints at one index, over many rows: only such loops become vector
 * instructions, so what lies beside or below a pixel is first copied to its index.
 */
final class SobelRows {
  private final int height;
  private final int width;
  private final int stride;
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
  SobelRows(int height, int width, int rows) {
    this.height = height;
    this.width = width;
    this.stride = width + Gradients.PAD;
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
  void of(byte[] planes) {
    this.pixels = planes;
  }

  /** Horizontal gradients of the rows computed last, left minus right; [rows, width + PAD]. */
  int[] a() {
    return a;
  }

  /** Vertical gradients of the rows computed last, top minus bottom; [rows, width + PAD]. */
  int[] b() {
    return b;
  }

  /**
   * Computes {@code count} rows of a channel from row {@code y} on.
   *
   * @return how many numbers of {@link #a} and {@link #b} are set; between rows they mean nothing
   */
  int compute(int channel, int y, int count) {
    for (int row = 0; row < count + 2; row++) {
      load(channel, Gradients.mirror(y + row - 1, height), row * stride);
    }
    int all = (count + 2) * stride - Gradients.PAD;
    int n = count * stride - Gradients.PAD;
    System.arraycopy(padded, 2, beside, 0, all);
    subtract(padded, beside, change, all);
    System.arraycopy(padded, 1, smoothed, 0, all);
    smooth(padded, beside, smoothed, all);
    System.arraycopy(change, stride, a, 0, n);
    System.arraycopy(change, 2 * stride, beside, 0, n);
    smooth(change, beside, a, n);
    System.arraycopy(smoothed, 2 * stride, beside, 0, n);
    subtract(smoothed, beside, b, n);
    return n;
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
}
