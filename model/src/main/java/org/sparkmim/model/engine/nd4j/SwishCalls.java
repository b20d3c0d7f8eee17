package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** With {@code s = 1 / (1 + exp(-a x))}: {@code out = x s}, {@code dx = dout s (1 + a x (1-s))}. */
record SwishCalls(Op.Swish op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor x = e.rows(op.x());
    Tensor out = e.rows(op.out());
    gate(x, out);
    e.multiply(out, x, out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor x = e.rows(op.x());
    Tensor gate = e.scratch(x.shape());
    e.contribute(
        step,
        op.x(),
        dx -> {
          gate(x, gate);
          e.scale(gate, -1, dx);
          e.shift(dx, 1, dx);
          e.multiply(dx, x, dx);
          e.scale(dx, op.alpha(), dx);
          e.shift(dx, 1, dx);
          e.multiply(dx, gate, dx);
          e.multiply(dx, e.gradientRows(op.out()), dx);
        });
  }

  private void gate(Tensor x, Tensor out) {
    e.scale(x, op.alpha(), out);
    e.sigmoid(out, out);
  }
}
