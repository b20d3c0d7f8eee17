package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@code out = x P(x)} with the normal distribution {@code P(x) = (1 + erf(x / sqrt 2)) / 2};
 * {@code dx = dout (P(x) + x P'(x))}. ND4J's own GELU is another function, and its precise one is
 * wrong.
 */
record GeluCalls(Op.Gelu op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor x = e.rows(op.x());
    Tensor out = e.rows(op.out());
    distribution(x, out);
    e.multiply(out, x, out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor x = e.rows(op.x());
    Tensor distribution = e.scratch(x.shape());
    e.contribute(
        step,
        op.x(),
        dx -> {
          e.multiply(x, x, dx);
          e.scale(dx, -0.5, dx);
          e.exp(dx, dx);
          e.scale(dx, 1 / Math.sqrt(2 * Math.PI), dx);
          e.multiply(dx, x, dx);
          distribution(x, distribution);
          e.add(dx, distribution, dx);
          e.multiply(dx, e.gradientRows(op.out()), dx);
        });
  }

  private void distribution(Tensor x, Tensor out) {
    e.scale(x, 1 / Math.sqrt(2), out);
    e.erf(out, out);
    e.shift(out, 1, out);
    e.scale(out, 0.5, out);
  }
}
