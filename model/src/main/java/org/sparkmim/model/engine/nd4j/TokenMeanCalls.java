package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@code out[b] = mean_t x[b, t]}; {@code dx[b, t] = dout[b] / N}. Both are products with a vector
 * of ones, image by image.
 */
record TokenMeanCalls(Op.TokenMean op, Emission e) implements Calls {
  @Override
  public void forward() {
    long batch = op.x().extent(0);
    Tensor x = e.rows(op.x()).as(batch, tokens(), op.x().width());
    Tensor out = e.rows(op.out()).as(batch, 1, op.x().width());
    e.product(e.ones(batch, 1, tokens()), x, out, 1.0 / tokens(), 0);
  }

  @Override
  public void backward(BackwardStep step) {
    long batch = op.x().extent(0);
    Tensor dout = e.gradientRows(op.out()).as(batch, 1, op.x().width());
    e.accumulate(
        step,
        op.x(),
        (dx, beta) ->
            e.product(
                e.ones(batch, tokens(), 1),
                dout,
                dx.as(batch, tokens(), op.x().width()),
                1.0 / tokens(),
                beta));
  }

  private long tokens() {
    return op.x().extent(1);
  }
}
