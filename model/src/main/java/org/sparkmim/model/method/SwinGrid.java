package org.sparkmim.model.method;

import java.io.Serializable;

/**
 * The grids of a Swin's stages on square images. Tokens are counted unit by unit, units row by row,
 * tokens of a unit row by row.
 *
 * @param imageSize side of the image, pixels; a multiple of the unit
 */
public record SwinGrid(SwinShape shape, int imageSize) implements Serializable {
  /** Checks that units tile the image. */
  public SwinGrid {
    Rules.require(
        imageSize >= 2 * shape.unit() && imageSize % shape.unit() == 0,
        "model.image-size",
        imageSize,
        "must be a multiple of " + shape.unit() + " and at least twice that");
  }

  /** Units along a side of the image. */
  public int unitsAcross() {
    return imageSize / shape.unit();
  }

  /** Units of an image. */
  public int units() {
    return unitsAcross() * unitsAcross();
  }

  /** Tokens along a side of a unit, at a stage. */
  public int unitSide(int stage) {
    return 1 << (shape.stages() - 1 - stage);
  }

  /** Tokens of a unit at a stage. */
  public int unitTokens(int stage) {
    return unitSide(stage) * unitSide(stage);
  }

  /** Tokens along a side of the image, at a stage. */
  public int side(int stage) {
    return unitsAcross() * unitSide(stage);
  }

  /** Side of a window at a stage: no larger than the stage. */
  public int window(int stage) {
    return Math.min(shape.window(), side(stage));
  }

  /** Whether every other block of a stage has its windows shifted: not if one window holds all. */
  public boolean shifts(int stage) {
    return side(stage) > shape.window();
  }

  /** How far the windows of a block are shifted. */
  public int shift(int stage, int block) {
    return shifts(stage) && block % 2 == 1 ? window(stage) / 2 : 0;
  }

  /** Rows of a bias table: differences of two coordinates within a window, in rows and columns. */
  public int tableRows(int stage) {
    int differences = 2 * window(stage) - 1;
    return differences * differences;
  }

  /** Stage whose grid tap k has: that after merging, or the last. */
  public int tapStage(int tap) {
    return Math.min(tap + 1, shape.stages() - 1);
  }

  /** Side of a token of tap k, pixels. */
  public int tapCell(int tap) {
    return shape.patchSize() << tapStage(tap);
  }

  /** Numbers in a patch. */
  public int patchWidth() {
    return ModelSpec.CHANNELS * shape.patchSize() * shape.patchSize();
  }
}
