package org.sparkmim.model.method;

import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Value;

/** Visible patches of a vision transformer, and where they lie. */
final class VitInputs implements MimModel.Inputs {
  private final Value patches;
  private final Value visible;
  private final DecoderInputs decoders;
  private int[] rows;

  /**
   * @param patches visible patches {@code [B, K, 3*P*P]}
   * @param visible rows of the position table for the visible patches {@code [B, K]}: 1 + patch
   * @param decoders null where nothing is decoded
   */
  VitInputs(Value patches, Value visible, DecoderInputs decoders) {
    this.patches = patches;
    this.visible = visible;
    this.decoders = decoders;
  }

  @Override
  public void write(Program program, float[] images, int[] keepIds, int[] restoreIds) {
    if (rows == null) {
      rows = new int[Math.toIntExact(visible.size())];
    }
    for (int i = 0; i < rows.length; i++) {
      rows[i] = 1 + keepIds[i];
    }
    program.write(patches, images);
    program.write(visible, rows);
    if (decoders != null) {
      decoders.write(program, keepIds, restoreIds);
    }
  }
}
