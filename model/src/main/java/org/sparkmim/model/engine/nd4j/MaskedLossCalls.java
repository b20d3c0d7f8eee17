package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * With {@code s = rows[r]}: {@code out = f sum_r w_s mean_j m(p_rj - t_sj) / sum_r w_s}; {@code
 * dp_rj = f m'(p_rj - t_sj) w_s / (width sum_r w_s)}. With {@code c} the distance d, for the smooth
 * loss cut to [-1, 1], {@code m(d) = c (2d - c)} and {@code m'(d) = 2c}.
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
    Tensor weights = weights();
    e.product(weights.as(1, weights.size()), means, out, 1, 0);
    e.divide(out, weightSum(weights), out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor rates = e.scratch(op.prediction().rows(), 1);
    Tensor weights = weights();
    e.divide(weights, weightSum(weights), rates);
    e.scale(rates, 2 * op.factor() / width(), rates);
    e.contribute(step, op.prediction(), dp -> e.multiply(cut(distance()), rates, dp));
  }

  private Tensor distance() {
    Tensor distance = e.scratch(op.prediction().rows(), width());
    e.subtract(e.rows(op.prediction()), chosen(e.rows(op.target())), distance);
    return distance;
  }

  /** {@code [rows, 1]}. */
  private Tensor weights() {
    return chosen(e.row(op.weight()).rows(1));
  }

  /** The rows that are predicted. */
  private Tensor chosen(Tensor rows) {
    if (op.rows() == null) {
      return rows;
    }
    Tensor chosen = e.scratch(op.prediction().rows(), rows.shape()[1]);
    e.gather(rows, e.indices().of(op.rows()), chosen);
    return chosen;
  }

  private Tensor cut(Tensor distance) {
    if (op.measure() == Op.Measure.SQUARE) {
      return distance;
    }
    Tensor cut = e.scratch(distance.shape());
    e.clip(distance, -1, 1, cut);
    return cut;
  }

  private Tensor weightSum(Tensor weights) {
    Tensor sum = e.scratch(1, 1);
    e.product(weights.as(1, weights.size()), e.ones(weights.size(), 1), sum, 1, 0);
    return sum;
  }

  private int width() {
    return op.prediction().width();
  }
}
