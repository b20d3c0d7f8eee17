package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[b] = x[b] + s[b] branch[b]}; {@code dx = dout}, {@code dbranch[b] = s[b] dout[b]}. */
record AddBranchCalls(Op.AddBranch op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor branch = e.images(op.branch());
    Tensor scaled = e.scratch(branch.shape());
    e.multiply(branch, scale(), scaled);
    e.add(e.images(op.x()), scaled, e.images(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientImages(op.out());
    e.contribute(step, op.branch(), dbranch -> e.multiply(dout, scale(), dbranch.as(dout.shape())));
    e.contribute(step, op.x(), dout);
  }

  /** {@code [B, 1]}. */
  private Tensor scale() {
    return e.rows(op.scale()).rows(op.row(), 1).as(op.scale().width(), 1);
  }
}
