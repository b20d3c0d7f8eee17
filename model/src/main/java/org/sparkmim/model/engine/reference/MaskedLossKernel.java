package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * With {@code s = rows[r]}: {@code out = f sum_r w_s mean_j m(p_rj - t_sj) / sum_r w_s}; {@code
 * dp_rj = f m'(p_rj - t_sj) w_s / (width sum_r w_s)}.
 */
final class MaskedLossKernel implements Kernel {
  private final Op.Measure measure;
  private final double factor;
  private final int width;
  private final double[] prediction;
  private final double[] target;
  private final double[] weight;
  private final int[] rows;
  private final double[] out;
  private final double[] dprediction;

  MaskedLossKernel(Op.MaskedLoss op, Operands operands) {
    measure = op.measure();
    factor = op.factor();
    width = op.prediction().width();
    prediction = operands.numbers(op.prediction());
    target = operands.numbers(op.target());
    weight = operands.numbers(op.weight());
    rows = op.rows() == null ? null : operands.indices(op.rows());
    out = operands.numbers(op.out());
    dprediction = operands.gradientFor(op.prediction());
  }

  @Override
  public void forward() {
    double sum = 0;
    for (int i = 0; i < prediction.length; i++) {
      sum += weight[row(i)] * measured(distance(i)) / width;
    }
    out[0] = factor * sum / weightSum();
  }

  @Override
  public void backward() {
    if (dprediction != null) {
      double scale = factor / (width * weightSum());
      for (int i = 0; i < prediction.length; i++) {
        dprediction[i] += slope(distance(i)) * weight[row(i)] * scale;
      }
    }
  }

  private double measured(double d) {
    boolean straight = measure == Op.Measure.SMOOTH_L1 && Math.abs(d) >= 1;
    return straight ? 2 * Math.abs(d) - 1 : d * d;
  }

  private double slope(double d) {
    return 2 * (measure == Op.Measure.SMOOTH_L1 ? Math.max(-1, Math.min(1, d)) : d);
  }

  private double weightSum() {
    double sum = 0;
    for (int i = 0; i < prediction.length; i += width) {
      sum += weight[row(i)];
    }
    return sum;
  }

  private double distance(int i) {
    return prediction[i] - target[row(i) * width + i % width];
  }

  /** Row of the target for element {@code i} of the prediction. */
  private int row(int i) {
    return rows == null ? i / width : rows[i / width];
  }
}
