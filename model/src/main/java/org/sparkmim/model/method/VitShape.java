package org.sparkmim.model.method;

/**
 * Sizes of a vision transformer.
 *
 * @param patchSize side of a patch, pixels
 * @param width token width D
 * @param depth blocks
 * @param heads attention heads
 * @param mlpRatio hidden width of a block's MLP over D
 */
public record VitShape(int patchSize, int width, int depth, int heads, double mlpRatio)
    implements Backbone {
  /** No published transformer comes near; lists of blocks are made by this number. */
  private static final int MOST_BLOCKS = 1000;

  @Override
  public int featureWidth() {
    return width;
  }

  @Override
  public int blocks() {
    return depth;
  }

  @Override
  public boolean hasClassToken() {
    return true;
  }

  @Override
  public String describe() {
    return "ViT " + width + "x" + depth + ", " + heads + " heads";
  }

  void check(String section) {
    Rules.require(patchSize >= 1, section + "patch-size", patchSize, "must be at least 1 pixel");
    Rules.requireWidth(section + "width", width, section + "heads", heads);
    Rules.require(
        depth >= 1 && depth <= MOST_BLOCKS,
        section + "depth",
        depth,
        "must be from 1 to " + MOST_BLOCKS + " blocks");
    Rules.require(
        mlpRatio > 0 && width * mlpRatio == Math.rint(width * mlpRatio),
        section + "mlp-ratio",
        mlpRatio,
        "must give a whole number of hidden units for width " + width);
  }
}
