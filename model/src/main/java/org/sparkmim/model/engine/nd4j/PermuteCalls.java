package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** The last dimension stays the last, so rows are put in another order. */
final class PermuteCalls implements Calls {
  private final Op.Permute op;
  private final Emission e;
  private final RowOrder order;
  private final long width;

  PermuteCalls(Op.Permute op, Emission e) {
    this.op = op;
    this.e = e;
    int last = op.extents().size() - 1;
    width = op.extents().get(last);
    order = RowOrder.of(e.indices(), op.extents().subList(0, last), op.axes().subList(0, last));
  }

  @Override
  public void forward() {
    e.gather(e.rows(op.x()).rows(width), order.sources(), e.rows(op.out()).rows(width));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out()).rows(width);
    e.contribute(step, op.x(), dx -> e.gather(dout, order.targets(), dx.rows(width)));
  }
}
