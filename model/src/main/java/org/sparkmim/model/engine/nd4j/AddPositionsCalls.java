package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[b] = x[b] + p}; {@code dx = dout}, {@code dp = sum_b dout[b]}. */
record AddPositionsCalls(Op.AddPositions op, Emission e) implements Calls {
  @Override
  public void forward() {
    e.add(e.images(op.x()), e.row(op.positions()), e.images(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientImages(op.out());
    e.contribute(step, op.x(), dout);
    e.accumulate(step, op.positions(), (dp, beta) -> e.columnSums(dout, dp.as(1, dp.size()), beta));
  }
}
