package org.sparkmim.data.batch;

import java.util.Arrays;
import java.util.Objects;
import org.sparkmim.data.DataException;
import org.sparkmim.data.order.MaskStrategy;
import org.sparkmim.data.target.TargetKind;

/**
 * Sizes of one sample of a pre-training batch.
 *
 * @param imageSize edge of the square crop, in pixels
 * @param patchSize edge of a patch, in pixels; divides imageSize
 * @param keep visible patches a sample, 1 to the number of patches
 * @param masking how they are chosen
 * @param cellSizes edge of a target cell per tap, in pixels: a divisor or a multiple of patchSize
 *     that divides imageSize, all multiples of the smallest
 * @param target what is predicted of each cell
 * @param targetsLater whether a batch holds the 8-bit crops in the place of targets, which whoever
 *     trains makes of them
 */
public record BatchShape(
    int imageSize,
    int patchSize,
    int keep,
    MaskStrategy masking,
    int[] cellSizes,
    TargetKind target,
    boolean targetsLater) {
  /** With the targets in the batch. */
  public BatchShape(
      int imageSize,
      int patchSize,
      int keep,
      MaskStrategy masking,
      int[] cellSizes,
      TargetKind target) {
    this(imageSize, patchSize, keep, masking, cellSizes, target, false);
  }

  public BatchShape {
    require(patchSize > 0 && imageSize > 0, "sizes must be positive", imageSize + ", " + patchSize);
    require(imageSize % patchSize == 0, "image size must be a multiple of " + patchSize, imageSize);
    int grid = imageSize / patchSize;
    require(keep >= 1 && keep <= grid * grid, "visible patches must be 1.." + grid * grid, keep);
    masking.check(imageSize, patchSize, keep);
    target.check(imageSize, cellSizes.length);
    int finest = Arrays.stream(cellSizes).min().orElse(1);
    require(finest > 0, "cell sizes must be positive", Arrays.toString(cellSizes));
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

  /** Bytes of a crop, 3*S*S. */
  public int cropBytes() {
    return 3 * imageSize * imageSize;
  }

  /** Numbers in a patch, 3*P*P. */
  public int patchDim() {
    return 3 * patchSize * patchSize;
  }

  /**
   * Whether a batch holds every patch of an image, in raster order, and not the visible ones alone:
   * the target or the mask is then made of all of them.
   */
  public boolean holdsAllPatches() {
    return target.wantsAllPatches() || maskedLater();
  }

  /** Patches that a batch holds of an image: L or K. */
  public int heldPatches() {
    return holdsAllPatches() ? tokens() : keep;
  }

  /** Whether a batch holds random numbers in the place of masks. */
  public boolean maskedLater() {
    return masking instanceof MaskStrategy.Attentive;
  }

  public int taps() {
    return cellSizes.length;
  }

  /** Target cells of tap {@code k}. */
  public int cells(int k) {
    int side = imageSize / cellSizes[k];
    return side * side;
  }

  /** Numbers in the target of a cell of tap {@code k}. */
  public int targetDim(int k) {
    return target.dim(cellSizes[k]);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BatchShape that
        && imageSize == that.imageSize
        && patchSize == that.patchSize
        && keep == that.keep
        && masking.equals(that.masking)
        && Arrays.equals(cellSizes, that.cellSizes)
        && target.equals(that.target)
        && targetsLater == that.targetsLater;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        imageSize, patchSize, keep, masking, Arrays.hashCode(cellSizes), target, targetsLater);
  }

  private static void require(boolean condition, String rule, Object found) {
    if (!condition) {
      throw DataException.argument("Cannot shape a batch: %s, got %s", rule, found);
    }
  }
}
