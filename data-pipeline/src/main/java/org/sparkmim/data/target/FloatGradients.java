package org.sparkmim.data.target;

/**
 * Gradients of a float image, summed from pixel differences in double: flat areas and mirrored
 * borders then give exact zeros, where a plain convolution leaves rounding noise.
 */
final class FloatGradients implements Gradients {
  private final float[] pixels;
  private final int height;
  private final int width;
  private final double biasA;
  private final double biasB;
  private final BinBoundaries boundaries;
  private final double[] across;
  private final double[] down;

  /**
   * @param pixels planes [3, height, width]
   * @param biasA constant added to the horizontal component
   * @param biasB constant added to the vertical component
   */
  FloatGradients(
      float[] pixels, int height, int width, double biasA, double biasB, BinBoundaries boundaries) {
    this.pixels = pixels;
    this.height = height;
    this.width = width;
    this.biasA = biasA;
    this.biasB = biasB;
    this.boundaries = boundaries;
    this.across = new double[width];
    this.down = new double[width];
  }

  @Override
  public void rows(int channel, int y, int count, double[] magnitude, int[] bin) {
    for (int row = 0; row < count; row++) {
      row(channel, y + row, magnitude, bin, row * (width + PAD));
    }
  }

  private void row(int channel, int y, double[] magnitude, int[] bin, int at) {
    int above = start(channel, y - 1);
    int middle = start(channel, y);
    int below = start(channel, y + 1);
    for (int x = 0; x < width; x++) {
      int left = Gradients.mirror(x - 1, width);
      int right = Gradients.mirror(x + 1, width);
      across[x] =
          difference(above + left, above + right)
              + 2 * difference(middle + left, middle + right)
              + difference(below + left, below + right);
      down[x] =
          difference(above + left, below + left)
              + 2 * difference(above + x, below + x)
              + difference(above + right, below + right);
    }
    for (int x = 0; x < width; x++) {
      double a = across[x] + biasA;
      double b = down[x] + biasB;
      magnitude[at + x] = Math.sqrt(a * a + b * b);
      bin[at + x] = a < 0 || (a == 0 && b < 0) ? bin(-a, -b) : bin(a, b);
    }
  }

  private int bin(double a, double b) {
    double[] cosine = boundaries.cosine();
    double[] sine = boundaries.sine();
    int reached = 0;
    for (int k = 0; k < cosine.length; k++) {
      reached += a * cosine[k] - b * sine[k] >= 0 ? 1 : 0;
    }
    return reached;
  }

  private double difference(int one, int other) {
    return (double) pixels[one] - pixels[other];
  }

  private int start(int channel, int y) {
    return (channel * height + Gradients.mirror(y, height)) * width;
  }
}
