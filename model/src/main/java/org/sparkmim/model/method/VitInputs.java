package org.sparkmim.model.method;

import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Value;

/** Visible patches of a vision transformer, and where they lie. */
final class VitInputs implements MimModel.Inputs {
  private final Value patches;
  private final Value visible;
  private final Value visibleAndCls;
  private final Value restoreIds;
  private final int[] rows;
  private final int[] rowsAndCls;
  private final int batch;
  private final int keep;

  /**
   * @param patches visible patches {@code [B, K, 3*P*P]}
   * @param visible rows of the position table for the visible patches {@code [B, K]}: 1 + patch
   * @param visibleAndCls the same with 0, the row of cls, in front {@code [B, K+1]}; null where
   *     nothing is decoded
   * @param restoreIds inverse permutation {@code [B, L]}; null where nothing is decoded
   */
  VitInputs(Value patches, Value visible, Value visibleAndCls, Value restoreIds) {
    this.patches = patches;
    this.visible = visible;
    this.visibleAndCls = visibleAndCls;
    this.restoreIds = restoreIds;
    batch = visible.extent(0);
    keep = visible.extent(1);
    rows = new int[batch * keep];
    rowsAndCls = new int[batch * (keep + 1)];
  }

  @Override
  public void write(Program program, float[] images, int[] keepIds, int[] restore) {
    for (int b = 0; b < batch; b++) {
      for (int k = 0; k < keep; k++) {
        int row = 1 + keepIds[b * keep + k];
        rows[b * keep + k] = row;
        rowsAndCls[b * (keep + 1) + 1 + k] = row;
      }
    }
    program.write(patches, images);
    program.write(visible, rows);
    if (restoreIds != null) {
      program.write(visibleAndCls, rowsAndCls);
      program.write(restoreIds, restore);
    }
  }
}
