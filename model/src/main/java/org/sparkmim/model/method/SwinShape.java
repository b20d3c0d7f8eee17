package org.sparkmim.model.method;

import java.util.List;

/**
 * Sizes of a Swin transformer (Liu et al., ICCV 2021) on visible tokens only (GreenMIM). Tokens are
 * hidden in units, squares that the last stage sees as one token.
 *
 * @param patchSize side of a patch, pixels
 * @param width token width of the first stage; each later stage doubles it
 * @param depths blocks of each stage
 * @param heads attention heads of each stage
 * @param window side of a window, tokens; smaller where the stage itself is smaller
 * @param mlpRatio hidden width of a block's MLP over the token width
 * @param coordinates where merged tokens are taken to lie
 * @param mergeOrder in which order four neighbours are merged
 */
public record SwinShape(
    int patchSize,
    int width,
    List<Integer> depths,
    List<Integer> heads,
    int window,
    double mlpRatio,
    Coordinates coordinates,
    MergeOrder mergeOrder)
    implements Backbone {

  /** Where tokens of later stages are taken to lie. */
  public enum Coordinates {
    /** Where they are. */
    TRUE,
    /**
     * As the published pre-training code has it: from the second stage on, a token's number, which
     * counts unit by unit, is read as if it counted row by row.
     */
    PUBLISHED
  }

  /** In which order the four neighbours (row, column) of a merged token are put side by side. */
  public enum MergeOrder {
    /** (0,0), (1,0), (0,1), (1,1): Swin, and LocalMIM's own fine-tuning. */
    STANDARD,
    /** (0,0), (0,1), (1,0), (1,1): LocalMIM's pre-training. */
    PUBLISHED
  }

  /**
   * Checks sizes against each other; a wrong one is a {@link org.sparkmim.model.ModelException}.
   */
  public SwinShape {
    depths = List.copyOf(depths);
    heads = List.copyOf(heads);
    Rules.require(patchSize >= 1, "model.patch-size", patchSize, "must be at least 1 pixel");
    Rules.require(
        !depths.isEmpty() && depths.size() <= 8 && depths.stream().allMatch(depth -> depth >= 1),
        "model.swin.depths",
        depths,
        "must name 1 to 8 stages of at least 1 block each; Swin has four");
    Rules.require(
        heads.size() == depths.size(),
        "model.swin.heads",
        heads,
        "must have one number for each of the " + depths.size() + " stages");
    Rules.require(window >= 2, "model.swin.window", window, "must be at least 2 tokens");
    for (int stage = 0; stage < heads.size(); stage++) {
      int count = heads.get(stage);
      Rules.require(
          count >= 1 && width >= 1 && (width << stage) % count == 0,
          "model.swin.heads",
          heads,
          "must divide the widths of the stages, and the first stage has " + width);
    }
    Rules.require(
        mlpRatio > 0 && width * mlpRatio == Math.rint(width * mlpRatio),
        "model.mlp-ratio",
        mlpRatio,
        "must give a whole number of hidden units for width " + width);
  }

  /** A shape with the published sizes, true coordinates and the standard order of merging. */
  public static SwinShape of(int width, List<Integer> depths, List<Integer> heads, int window) {
    return new SwinShape(4, width, depths, heads, window, 4, Coordinates.TRUE, MergeOrder.STANDARD);
  }

  /** The same sizes with other coordinates. */
  public SwinShape with(Coordinates other) {
    return new SwinShape(patchSize, width, depths, heads, window, mlpRatio, other, mergeOrder);
  }

  @Override
  public int featureWidth() {
    return width(stages() - 1);
  }

  @Override
  public int blocks() {
    return depths.stream().mapToInt(Integer::intValue).sum();
  }

  @Override
  public boolean hasClassToken() {
    return false;
  }

  @Override
  public String describe() {
    return "Swin " + width + "x" + depths + ", window " + window;
  }

  /** Number of stages. */
  public int stages() {
    return depths.size();
  }

  /** Token width of a stage, from 0. */
  public int width(int stage) {
    return width << stage;
  }

  /** Side of a unit, pixels: a token of the last stage. */
  public int unit() {
    return patchSize << (stages() - 1);
  }
}
