package org.sparkmim.data.order;

import java.util.Arrays;

/** Random masking of MAE (arXiv 2111.06377; methods 1.3): tokens are ranked by a random number. */
public final class Masking {
  private Masking() {}

  /**
   * One sample's mask.
   *
   * @param keepIds [K] visible tokens, in rank order
   * @param restoreIds [L] rank of every token; a token is visible when its rank is below K
   */
  public record Mask(int[] keepIds, int[] restoreIds) {}

  /**
   * Tokens kept of {@code tokens} when {@code ratio} of them is hidden: {@code (int)(tokens*(1-
   * ratio))}, in double precision as published (25 at 0.8 keep 4, 100 at 0.9 keep 9).
   */
  public static int keepCount(int tokens, double ratio) {
    return (int) (tokens * (1 - ratio));
  }

  /**
   * Ranks tokens by their noise, ascending, ties by index, and keeps the first {@code keep}.
   *
   * @param noise [L], one number a token
   * @throws IllegalArgumentException for a count outside 0..L or a NaN
   */
  public static Mask rank(float[] noise, int keep) {
    Mask mask = new Mask(new int[keep], new int[noise.length]);
    rankInto(noise, keep, mask.keepIds(), 0, mask.restoreIds(), 0, new long[noise.length]);
    return mask;
  }

  /**
   * As {@link #rank}, into a batch's arrays from the given offsets on.
   *
   * @param ranking [L], to work in
   */
  public static void rankInto(
      float[] noise,
      int keep,
      int[] keepIds,
      int keepAt,
      int[] restoreIds,
      int restoreAt,
      long[] ranking) {
    if (keep < 0 || keep > noise.length) {
      throw new IllegalArgumentException("Cannot keep " + keep + " of " + noise.length + " tokens");
    }
    for (int t = 0; t < noise.length; t++) {
      ranking[t] = (long) sortable(noise[t]) << 32 | t;
    }
    Arrays.sort(ranking, 0, noise.length);
    for (int rank = 0; rank < noise.length; rank++) {
      int token = (int) ranking[rank];
      restoreIds[restoreAt + token] = rank;
      if (rank < keep) {
        keepIds[keepAt + rank] = token;
      }
    }
  }

  /**
   * Loss weight of every cell of a tap: 1 for cells of hidden patches, 0 for visible ones; below
   * scale 1 the mean over the patches of a cell, not thresholded (methods 2.6).
   *
   * @param grid tokens along one side, grid*grid tokens in all
   * @param scale cells along a side per token: an integer, or one over an integer that divides grid
   * @return [(grid*scale)^2], row-major
   */
  public static float[] cellWeights(Mask mask, int grid, double scale) {
    int side = (int) Math.round(grid * scale);
    float[] weights = new float[side * side];
    cellWeightsInto(mask.restoreIds(), 0, mask.keepIds().length, grid, side, weights, 0);
    return weights;
  }

  /**
   * As {@link #cellWeights}, from and into a batch's arrays.
   *
   * @param side cells along one side: a multiple or a divisor of grid
   */
  public static void cellWeightsInto(
      int[] restoreIds, int restoreAt, int keep, int grid, int side, float[] weights, int at) {
    if (side <= 0 || (side % grid != 0 && grid % side != 0)) {
      throw new IllegalArgumentException(
          "Cells per side ("
              + side
              + ") must be a multiple or a divisor of the grid ("
              + grid
              + ")");
    }
    int patchesAcross = Math.max(1, grid / side);
    int cellsAcross = Math.max(1, side / grid);
    float share = 1f / (patchesAcross * patchesAcross);
    for (int row = 0; row < side; row++) {
      for (int column = 0; column < side; column++) {
        int hidden = 0;
        int top = row / cellsAcross * patchesAcross;
        int left = column / cellsAcross * patchesAcross;
        for (int y = top; y < top + patchesAcross; y++) {
          for (int x = left; x < left + patchesAcross; x++) {
            hidden += restoreIds[restoreAt + y * grid + x] < keep ? 0 : 1;
          }
        }
        weights[at + row * side + column] = hidden * share;
      }
    }
  }

  /** Bits that order like the number; both zeros are equal. */
  private static int sortable(float number) {
    if (Float.isNaN(number)) {
      throw new IllegalArgumentException("Noise of a mask must not be NaN");
    }
    int bits = Float.floatToIntBits(number + 0f);
    return bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
  }
}
