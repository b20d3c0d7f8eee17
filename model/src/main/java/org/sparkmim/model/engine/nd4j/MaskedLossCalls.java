package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@code out = f sum_r w_r mean_j m(p_rj - t_rj) / sum_r w_r}; {@code dp_rj = f m'(p_rj - t_rj) w_r
 * / (width sum_r w_r)}. With {@code c} the distance d, for the smooth loss cut to [-1, 1], {@code
 * m(d) = c (2d - c)} and {@code m'(d) = 2c}.
 */
record MaskedLossCalls(Op.MaskedLoss op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor distance = distance();
    Tensor cut = cut(distance);
    Tensor measured = e.scratch(distance.shape());
    e.scale(distance, 2, measured);
    e.subtract(measured, cut, measured);
    e.multiply(measured, cut, measured);
    Tensor means = e.scratch(op.prediction().rows(), 1);
    Tensor out = e.row(op.out());
    e.rowSums(measured, means, op.factor() / width());
    e.product(e.row(op.weight()), means, out, 1, 0);
    e.divide(out, weightSum(), out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor rates = e.scratch(op.prediction().rows(), 1);
    e.divide(e.row(op.weight()).as(rates.shape()), weightSum(), rates);
    e.scale(rates, 2 * op.factor() / width(), rates);
    e.contribute(step, op.prediction(), dp -> e.multiply(cut(distance()), rates, dp));
  }

  private Tensor distance() {
    Tensor distance = e.scratch(op.prediction().rows(), width());
    e.subtract(e.rows(op.prediction()), e.rows(op.target()).as(distance.shape()), distance);
    return distance;
  }

  private Tensor cut(Tensor distance) {
    if (op.measure() == Op.Measure.SQUARE) {
      return distance;
    }
    Tensor cut = e.scratch(distance.shape());
    e.clip(distance, -1, 1, cut);
    return cut;
  }

  private Tensor weightSum() {
    Tensor sum = e.scratch(1, 1);
    e.product(e.row(op.weight()), e.ones(op.weight().size(), 1), sum, 1, 0);
    return sum;
  }

  private int width() {
    return op.prediction().width();
  }
}
