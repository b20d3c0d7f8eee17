package org.sparkmim.data.order;

import org.sparkmim.data.DataException;

/** How the visible patches of an image are chosen. */
public sealed interface MaskStrategy {
  /** Every patch on its own, in the order of its random number (MAE, arXiv 2111.06377). */
  record RandomPatches() implements MaskStrategy {
    @Override
    public void check(int imageSize, int patchSize, int keep) {}

    @Override
    public Masker masker(int grid, int patchSize, int keep) {
      float[] noise = new float[grid * grid];
      Ranking ranking = new Ranking(noise.length);
      return (random, keepIds, keepAt, restoreIds, restoreAt) -> {
        random.fill(noise, 0, noise.length);
        ranking.byNoise(noise, 0).into(keep, keepIds, keepAt, restoreIds, restoreAt);
      };
    }
  }

  /**
   * Squares of patches together (SimMIM, arXiv 2111.09886; Swin of LocalMIM; GreenMIM, arXiv
   * 2205.13515): tokens in unit-major order, see {@link Masking#units}.
   *
   * @param unitSize edge of a square, in pixels: a multiple of the patch size that divides the
   *     image size
   * @param shared whether all samples of a batch have the mask of its first
   */
  record RandomUnits(int unitSize, boolean shared) implements MaskStrategy {
    @Override
    public boolean sharedByBatch() {
      return shared;
    }

    @Override
    public void check(int imageSize, int patchSize, int keep) {
      if (unitSize <= 0 || unitSize % patchSize != 0 || imageSize % unitSize != 0) {
        throw DataException.argument(
            "A mask unit must be a multiple of the patch size %d that divides the image size %d,"
                + " got %d px",
            patchSize, imageSize, unitSize);
      }
      int tokens = tokens(patchSize);
      if (keep % tokens != 0) {
        throw DataException.argument(
            "Visible patches must be a multiple of the %d in a mask unit of %d px, got %d; choose a"
                + " mask ratio that shows whole units, such as %d or %d patches",
            tokens,
            unitSize,
            keep,
            Math.max(1, keep / tokens) * tokens,
            (keep / tokens + 1) * tokens);
      }
    }

    @Override
    public Masker masker(int grid, int patchSize, int keep) {
      int across = unitSize / patchSize;
      int units = (grid / across) * (grid / across);
      float[] noise = new float[units];
      boolean[] visible = new boolean[units];
      Ranking ranking = new Ranking(units);
      return (random, keepIds, keepAt, restoreIds, restoreAt) -> {
        random.fill(noise, 0, units);
        ranking.byNoise(noise, 0);
        for (int rank = 0; rank < units; rank++) {
          visible[ranking.token(rank)] = rank < keep / tokens(patchSize);
        }
        Masking.unitsInto(visible, grid, across, keepIds, keepAt, restoreIds, restoreAt);
      };
    }

    private int tokens(int patchSize) {
      return (unitSize / patchSize) * (unitSize / patchSize);
    }
  }

  /**
   * Hidden rectangles (BEiT, arXiv 2106.08254, algorithm 1), drawn until enough patches are hidden;
   * the last one is cut off row by row, so that every image shows equally many. Tokens in raster
   * order.
   *
   * @param smallest patches in a rectangle at least, 16 in BEiT; fewer where fewer are still to be
   *     hidden
   * @param narrowest smallest height/width, and its inverse the largest: 0.3 in BEiT
   */
  record Blockwise(int smallest, double narrowest) implements MaskStrategy {
    /** With the limits of BEiT. */
    public static Blockwise beit() {
      return new Blockwise(16, 0.3);
    }

    @Override
    public void check(int imageSize, int patchSize, int keep) {
      if (smallest < 1 || !(narrowest > 0 && narrowest <= 1)) {
        throw DataException.argument(
            "Rectangles of a block-wise mask need at least 1 patch and an aspect ratio over 0 up to"
                + " 1, got %d and %s",
            smallest, narrowest);
      }
    }

    @Override
    public Masker masker(int grid, int patchSize, int keep) {
      return new BlockMasker(this, grid, keep);
    }
  }

  /**
   * Left to whoever knows how important each patch is, a frozen teacher's attention say (MaskAlign,
   * arXiv 2211.08887): the batch holds all patches and a random number for each, from which {@link
   * Ranking#byImportance} makes the mask.
   */
  record Attentive() implements MaskStrategy {
    @Override
    public void check(int imageSize, int patchSize, int keep) {}

    @Override
    public Masker masker(int grid, int patchSize, int keep) {
      return (random, keepIds, keepAt, restoreIds, restoreAt) -> {};
    }
  }

  /** Whether all samples of a batch have the mask of its first. */
  default boolean sharedByBatch() {
    return false;
  }

  /**
   * Whether it can show {@code keep} patches of such an image.
   *
   * @throws DataException (argument) if not
   */
  void check(int imageSize, int patchSize, int keep);

  /**
   * A source of such masks.
   *
   * @param grid patches along one side
   * @param patchSize edge of a patch, in pixels
   * @param keep visible patches
   */
  Masker masker(int grid, int patchSize, int keep);
}
