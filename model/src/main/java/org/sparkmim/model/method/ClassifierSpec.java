package org.sparkmim.model.method;

import static org.sparkmim.model.method.Rules.require;

import java.io.Serializable;

/**
 * Sizes of a fine-tuned classifier.
 *
 * @param imageSize side of the square input, pixels
 * @param classes what an image can be
 */
public record ClassifierSpec(int imageSize, VitShape encoder, int classes) implements Serializable {
  /** Checks every size; a wrong one is a {@link org.sparkmim.model.ModelException}. */
  public ClassifierSpec {
    encoder.check("model.");
    require(
        imageSize >= encoder.patchSize() && imageSize % encoder.patchSize() == 0,
        "model.image-size",
        imageSize,
        "must be a multiple of model.patch-size = " + encoder.patchSize());
    require(classes >= 2, "classes", classes, "must be at least 2");
  }

  /** Patches L of an image. */
  public int tokens() {
    int grid = imageSize / encoder.patchSize();
    return grid * grid;
  }

  /** Numbers in a patch, {@code 3 * P * P}. */
  public int patchWidth() {
    return ModelSpec.CHANNELS * encoder.patchSize() * encoder.patchSize();
  }
}
