package org.sparkmim.data.batch;

import java.util.Arrays;
import org.sparkmim.data.DataException;

/**
 * Sizes of one sample of a pre-training batch.
 *
 * @param imageSize edge of the square crop, in pixels
 * @param patchSize edge of a patch, in pixels; divides imageSize
 * @param keep visible patches a sample, 1 to the number of patches
 * @param cellSizes edge of a target cell per tap, in pixels: a divisor or a multiple of patchSize
 *     that divides imageSize, all multiples of the smallest
 * @param hogBins orientation bins of the target
 */
public record BatchShape(int imageSize, int patchSize, int keep, int[] cellSizes, int hogBins) {
  public BatchShape {
    require(patchSize > 0 && imageSize > 0, "sizes must be positive", imageSize + ", " + patchSize);
    require(imageSize % patchSize == 0, "image size must be a multiple of " + patchSize, imageSize);
    int grid = imageSize / patchSize;
    require(keep >= 1 && keep <= grid * grid, "visible patches must be 1.." + grid * grid, keep);
    require(hogBins >= 2 && hogBins <= 64, "HOG bins must be 2..64", hogBins);
    int finest = Arrays.stream(cellSizes).min().orElse(0);
    require(finest > 0, "cell sizes must be given and positive", Arrays.toString(cellSizes));
    for (int size : cellSizes) {
      require(
          imageSize % size == 0 && size % finest == 0,
          "cell sizes must divide " + imageSize + " and be multiples of " + finest,
          size);
      require(
          size % patchSize == 0 || patchSize % size == 0,
          "cell sizes must be multiples or divisors of the patch size " + patchSize,
          size);
    }
    cellSizes = cellSizes.clone();
  }

  @Override
  public int[] cellSizes() {
    return cellSizes.clone();
  }

  /** Patches along one side. */
  public int grid() {
    return imageSize / patchSize;
  }

  /** Patches of an image, L. */
  public int tokens() {
    return grid() * grid();
  }

  /** Numbers in a patch, 3*P*P. */
  public int patchDim() {
    return 3 * patchSize * patchSize;
  }

  public int taps() {
    return cellSizes.length;
  }

  /** Target cells of tap {@code k}. */
  public int cells(int k) {
    int side = imageSize / cellSizes[k];
    return side * side;
  }

  /** Numbers in a cell's target, 3*bins. */
  public int targetDim() {
    return 3 * hogBins;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BatchShape that
        && imageSize == that.imageSize
        && patchSize == that.patchSize
        && keep == that.keep
        && hogBins == that.hogBins
        && Arrays.equals(cellSizes, that.cellSizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(new int[] {imageSize, patchSize, keep, hogBins})
        + Arrays.hashCode(cellSizes);
  }

  private static void require(boolean condition, String rule, Object found) {
    if (!condition) {
      throw DataException.argument("Cannot shape a batch: %s, got %s", rule, found);
    }
  }
}
