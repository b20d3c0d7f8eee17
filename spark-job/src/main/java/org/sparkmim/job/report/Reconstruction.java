package org.sparkmim.job.report;

import java.awt.image.BufferedImage;
import java.util.List;

/**
 * One evaluation image as the network saw and rebuilt it.
 *
 * @param name what the image shows, or its number
 * @param original the cropped image
 * @param masked the same with hidden patches greyed out
 * @param scales shallowest tap first
 */
record Reconstruction(
    String name, BufferedImage original, BufferedImage masked, List<Scale> scales) {

  /**
   * Target and prediction of one tap.
   *
   * @param cellPixels side of a cell in the image
   * @param grid cells along a side
   * @param target {@code [grid * grid, 3 * bins]}
   * @param prediction the same shape
   * @param seen cells that lie wholly on visible patches, {@code [grid * grid]}
   * @param loss mean squared error over the hidden cells
   */
  record Scale(
      int cellPixels, int grid, float[] target, float[] prediction, boolean[] seen, double loss) {}
}
