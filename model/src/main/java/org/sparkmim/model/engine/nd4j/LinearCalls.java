package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out = x W' (+ bias) (+ residual)}; {@code dx = dout W}, {@code dW = dout' x}. */
record LinearCalls(Op.Linear op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor out = e.rows(op.out());
    e.product(e.rows(op.x()), false, weight(), true, out, 1, 0);
    if (op.bias() != null) {
      e.add(out, e.row(op.bias()), out);
    }
    if (op.residual() != null) {
      e.add(out, e.rows(op.residual()), out);
    }
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    long ins = op.x().width();
    e.accumulate(step, op.x(), (dx, beta) -> e.product(dout, weight(), dx, 1, beta));
    e.accumulate(
        step,
        op.weight(),
        (dw, beta) -> e.product(dout, true, e.rows(op.x()), false, dw.rows(ins), 1, beta));
    if (op.bias() != null) {
      e.accumulate(step, op.bias(), (db, beta) -> e.columnSums(dout, db.as(1, db.size()), beta));
    }
    if (op.residual() != null) {
      e.contribute(step, op.residual(), dout);
    }
  }

  /** {@code [out, in]}. */
  private Tensor weight() {
    return e.rows(op.weight()).rows(op.x().width());
  }
}
