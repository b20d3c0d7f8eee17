package org.sparkmim.model.method;

import org.sparkmim.model.engine.Program;

/**
 * Visible patches of a Swin, the same units in all images, and everything that follows from them.
 */
final class SwinInputs implements MimModel.Inputs {
  private final SwinModel model;
  private final SwinIndices indices;

  SwinInputs(SwinModel model, SwinIndices indices) {
    this.model = model;
    this.indices = indices;
  }

  @Override
  public void write(Program program, float[] patches, int[] keepIds, int[] restoreIds) {
    indices.updateFromPatches(keepIds);
    program.write(model.patches(), patches);
    indices.write(program, model.indices());
  }
}
