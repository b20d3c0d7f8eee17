package org.sparkmim.data.order;

/** Which tokens are visible, and what a hidden cell weighs in the loss, as pure functions. */
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
    return mask(new Ranking(noise.length).byNoise(noise, 0), noise.length, keep);
  }

  /**
   * Ranks tokens by {@code -ln(noise)/importance}, ascending (methods 4.3), and keeps the first
   * {@code keep}. For many masks see {@link Ranking#byImportance}.
   *
   * @param noise [L], uniform in [0,1)
   * @param importance [L], not negative
   * @throws IllegalArgumentException for a count outside 0..L or a NaN
   */
  public static Mask byImportance(float[] noise, float[] importance, int keep) {
    Ranking ranking = new Ranking(noise.length).byImportance(noise, 0, importance, 0);
    return mask(ranking, noise.length, keep);
  }

  private static Mask mask(Ranking ranking, int tokens, int keep) {
    Mask mask = new Mask(new int[Math.max(0, keep)], new int[tokens]);
    ranking.into(keep, mask.keepIds(), 0, mask.restoreIds(), 0);
    return mask;
  }

  /**
   * The mask that shows whole squares of tokens (Swin of LocalMIM and GreenMIM; methods 2.11): in
   * unit-major order, visible units before hidden ones, both in raster order, tokens row-major
   * inside a unit.
   *
   * @param visible one flag a unit, row-major
   * @param grid tokens along one side of the image
   * @param across tokens along one side of a unit; divides grid
   * @throws IllegalArgumentException for sizes that do not fit each other
   */
  public static Mask units(boolean[] visible, int grid, int across) {
    if (across <= 0 || grid % across != 0 || visible.length * across * across != grid * grid) {
      throw new IllegalArgumentException(
          visible.length
              + " units of "
              + across
              + "x"
              + across
              + " tokens do not tile "
              + grid
              + "x"
              + grid);
    }
    int shown = 0;
    for (boolean unit : visible) {
      shown += unit ? 1 : 0;
    }
    Mask mask = new Mask(new int[shown * across * across], new int[grid * grid]);
    unitsInto(visible, grid, across, mask.keepIds(), 0, mask.restoreIds(), 0);
    return mask;
  }

  static void unitsInto(
      boolean[] visible,
      int grid,
      int across,
      int[] keepIds,
      int keepAt,
      int[] restoreIds,
      int restoreAt) {
    int rank = 0;
    for (int unit = 0; unit < visible.length; unit++) {
      if (visible[unit]) {
        int first = firstToken(unit, grid, across);
        for (int i = 0; i < across * across; i++, rank++) {
          int token = first + i / across * grid + i % across;
          keepIds[keepAt + rank] = token;
          restoreIds[restoreAt + token] = rank;
        }
      }
    }
    for (int unit = 0; unit < visible.length; unit++) {
      if (!visible[unit]) {
        int first = firstToken(unit, grid, across);
        for (int i = 0; i < across * across; i++, rank++) {
          restoreIds[restoreAt + first + i / across * grid + i % across] = rank;
        }
      }
    }
  }

  private static int firstToken(int unit, int grid, int across) {
    int units = grid / across;
    return unit / units * across * grid + unit % units * across;
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
}
