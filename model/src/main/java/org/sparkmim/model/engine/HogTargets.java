package org.sparkmim.model.engine;

import org.sparkmim.model.graph.Value;

/**
 * Histograms of oriented gradients as LocalMIM defines them, made by an engine of 8-bit images, in
 * the place of targets that are written.
 *
 * <p>Of each channel with mirrored borders, {@code a} is the Sobel gradient to the left and {@code
 * b} the one upwards, both integers of at most 1020. A cell has the sum of {@code sqrt(a^2+b^2)}
 * over its pixels in each orientation bin, brought to length 1; a flat cell has zeros. Orientations
 * are told apart by integers alone, so that engines agree about every pixel.
 */
public interface HogTargets {
  /** What {@link Tap#directions} counts biases in. */
  int ONE = 1 << 20;

  /** A mean gradient below this is none. */
  double NORM_FLOOR = 1e-12;

  /**
   * Targets of one head.
   *
   * @param target input {@code [B, cells, 3 * bins]}; cells row by row, of each cell one channel
   *     after the other
   * @param cellSize side of a cell, pixels
   * @param directions {@code [3, bins, 3]}; of each channel first what is added to a and b, in
   *     units of 1/{@link #ONE}, and a zero; then for each boundary between bins c, s and d: it is
   *     reached where {@code a*c - b*s + d >= 0}, which fits an int; with the other sign where a,
   *     with what is added, is negative, or 0 and b is negative. The bin is the number of
   *     boundaries that are reached.
   */
  record Tap(Value target, int cellSize, int[] directions) {
    /** Orientation bins. */
    public int bins() {
      return target.width() / 3;
    }
  }

  /**
   * Writes the targets of all heads, to be read by the next forward pass.
   *
   * @param images unsigned planes {@code [B, 3, S, S]}
   */
  void write(byte[] images);
}
