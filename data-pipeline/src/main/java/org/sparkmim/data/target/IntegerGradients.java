package org.sparkmim.data.target;

/**
 * Gradients of an 8-bit image in exact integer arithmetic. Simple loops over whole rows, so that
 * the compiler turns them into vector instructions.
 */
final class IntegerGradients implements Gradients {
  private final byte[] pixels;
  private final int offset;
  private final int height;
  private final int width;
  private final BinBoundaries boundaries;
  private final int[] above;
  private final int[] middle;
  private final int[] below;
  private final int[] smoothed;
  private final int[] change;
  private final int[] a;
  private final int[] b;

  /**
   * @param pixels planes [3, height, width], starting at {@code offset}
   */
  IntegerGradients(byte[] pixels, int offset, int height, int width, BinBoundaries boundaries) {
    this.pixels = pixels;
    this.offset = offset;
    this.height = height;
    this.width = width;
    this.boundaries = boundaries;
    this.above = new int[width + 2];
    this.middle = new int[width + 2];
    this.below = new int[width + 2];
    this.smoothed = new int[width + 2];
    this.change = new int[width + 2];
    this.a = new int[width];
    this.b = new int[width];
  }

  @Override
  public void row(int channel, int y, double[] magnitude, int[] bin) {
    load(channel, y - 1, above);
    load(channel, y, middle);
    load(channel, y + 1, below);
    for (int x = 0; x < width + 2; x++) {
      smoothed[x] = above[x] + 2 * middle[x] + below[x];
      change[x] = above[x] - below[x];
    }
    for (int x = 0; x < width; x++) {
      a[x] = smoothed[x] - smoothed[x + 2];
      b[x] = change[x] + 2 * change[x + 1] + change[x + 2];
    }
    foldOppositeDirections();
    for (int x = 0; x < width; x++) {
      bin[x] = boundaries.integerSine().length;
    }
    for (int k = 0; k < boundaries.integerSine().length; k++) {
      subtractUnreached(boundaries.integerCosine()[k], boundaries.integerSine()[k], bin);
    }
    for (int x = 0; x < width; x++) {
      magnitude[x] = Math.sqrt(a[x] * a[x] + b[x] * b[x]);
    }
  }

  private void load(int channel, int y, int[] row) {
    int start = offset + (channel * height + Gradients.mirror(y, height)) * width;
    for (int x = 0; x < width; x++) {
      row[x + 1] = pixels[start + x] & 0xff;
    }
    row[0] = row[2];
    row[width + 1] = row[width - 1];
  }

  /** Negates gradients of the lower half plane: afterwards a > 0, or a = 0 and b >= 0. */
  private void foldOppositeDirections() {
    for (int x = 0; x < width; x++) {
      // |b| <= 1020 < 2048, so the sum has the sign of a, or of b where a is zero.
      int sign = (a[x] * 2048 + b[x]) >> 31;
      a[x] = (a[x] ^ sign) - sign;
      b[x] = (b[x] ^ sign) - sign;
    }
  }

  private void subtractUnreached(int cosine, int sine, int[] bin) {
    for (int x = 0; x < width; x++) {
      bin[x] += (a[x] * cosine - b[x] * sine) >> 31;
    }
  }
}
