package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Value;

/**
 * With {@code s = 1 / sqrt(variance + eps)} and {@code n = (x - mean) s}: {@code out = n gamma +
 * beta} and {@code dx = s (d - mean(d) - n mean(d n))} with {@code d = dout gamma}, means over a
 * row. ND4J's own layer norm knows no eps.
 */
record LayerNormCalls(Op.LayerNorm op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor out = e.rows(op.out());
    Tensor squares = e.scratch(out.shape());
    Tensor mean = column(op.mean());
    e.rowSums(e.rows(op.x()), mean, 1.0 / width());
    e.subtract(e.rows(op.x()), mean, out);
    e.multiply(out, out, squares);
    e.rowSums(squares, column(op.variance()), 1.0 / width());
    e.multiply(out, scales(), out);
    e.multiply(out, e.row(op.gamma()), out);
    e.add(out, e.row(op.beta()), out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor x = e.rows(op.x());
    Tensor dout = e.gradientRows(op.out());
    Tensor scales = scales();
    Tensor normalised = e.scratch(x.shape());
    Tensor products = e.scratch(x.shape());
    e.subtract(x, column(op.mean()), normalised);
    e.multiply(normalised, scales, normalised);
    e.multiply(dout, normalised, products);
    e.accumulate(step, op.gamma(), (dgamma, beta) -> sums(products, dgamma, beta));
    e.accumulate(step, op.beta(), (dbeta, beta) -> sums(dout, dbeta, beta));
    Tensor gamma = e.row(op.gamma()).as(width(), 1);
    Tensor meanD = e.scratch(x.shape()[0], 1);
    Tensor meanDn = e.scratch(x.shape()[0], 1);
    e.contribute(
        step,
        op.x(),
        dx -> {
          e.product(dout, gamma, meanD, 1.0 / width(), 0);
          e.product(products, gamma, meanDn, 1.0 / width(), 0);
          e.multiply(normalised, meanDn, normalised);
          e.multiply(dout, e.row(op.gamma()), dx);
          e.subtract(dx, meanD, dx);
          e.subtract(dx, normalised, dx);
          e.multiply(dx, scales, dx);
        });
  }

  /** {@code s}, one for each row. */
  private Tensor scales() {
    Tensor scales = e.scratch(op.x().rows(), 1);
    e.shift(column(op.variance()), op.eps(), scales);
    e.inverseRoot(scales, scales);
    return scales;
  }

  private void sums(Tensor rows, Tensor gradient, double beta) {
    e.columnSums(rows, gradient.as(1, width()), beta);
  }

  private Tensor column(Value statistic) {
    return e.row(statistic).as(op.x().rows(), 1);
  }

  private long width() {
    return op.x().width();
  }
}
