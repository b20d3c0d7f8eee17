package org.sparkmim.data.target;

/**
 * Histograms of oriented gradients as LocalMIM defines them (methods 2.5): per colour channel,
 * Sobel gradients with mirror padding, {@code theta = atan2(horizontal, vertical)}, hard binning of
 * {@code floor(theta/pi * bins) mod bins} weighted by the magnitude, mean over the cell, L2
 * normalisation over the bins of one channel of one cell.
 *
 * <p>Results are [cells, 3*bins], cells row-major, index {@code channel*bins + bin}. Flat cells are
 * all zero. See {@link HogPyramid} for the form that reuses its buffers.
 */
public final class Hog {
  private Hog() {}

  /**
   * Targets of a float image at several cell sizes.
   *
   * @param chw planes [3, height, width]
   * @param cellSizes cell edges in pixels, nested (each a multiple of the smallest)
   * @return one array a cell size, in the order given
   * @throws IllegalArgumentException for sizes that do not fit each other
   */
  public static float[][] pyramid(float[] chw, int height, int width, int[] cellSizes, int bins) {
    HogPyramid pyramid = new HogPyramid(height, width, cellSizes, bins);
    float[][] out = outputs(pyramid, cellSizes.length, bins);
    pyramid.extract(chw, out, 0);
    return out;
  }

  /**
   * Targets of an 8-bit image at several cell sizes, by exact integer arithmetic.
   *
   * @param chw unsigned planes [3, height, width]
   * @param cellSizes cell edges in pixels, nested (each a multiple of the smallest)
   * @return one array a cell size, in the order given
   * @throws IllegalArgumentException for sizes that do not fit each other
   */
  public static float[][] pyramid(byte[] chw, int height, int width, int[] cellSizes, int bins) {
    HogPyramid pyramid = new HogPyramid(height, width, cellSizes, bins);
    float[][] out = outputs(pyramid, cellSizes.length, bins);
    pyramid.extract(chw, out, 0);
    return out;
  }

  /**
   * Targets at one cell size with a constant added to every gradient (the frozen random pair of
   * {@code hog_bias}); with it flat cells become one fixed bin, and levels do not nest.
   *
   * @param chw planes [3, height, width]
   * @param biasA added to the horizontal component
   * @param biasB added to the vertical component
   */
  public static float[] cells(
      float[] chw, int height, int width, int cellSize, int bins, double biasA, double biasB) {
    int[] cellSizes = {cellSize};
    HogPyramid pyramid = new HogPyramid(height, width, cellSizes, bins);
    float[][] out = outputs(pyramid, 1, bins);
    pyramid.extract(chw, biasA, biasB, out, 0);
    return out[0];
  }

  private static float[][] outputs(HogPyramid pyramid, int levels, int bins) {
    float[][] out = new float[levels][];
    for (int k = 0; k < levels; k++) {
      out[k] = new float[pyramid.cells(k) * 3 * bins];
    }
    return out;
  }
}
