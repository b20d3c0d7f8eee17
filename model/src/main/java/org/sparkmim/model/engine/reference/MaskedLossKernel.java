package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * {@code out = f sum_r w_r mean_j m(p_rj - t_rj) / sum_r w_r}; {@code dp_rj = f m'(p_rj - t_rj) w_r
 * / (width sum_r w_r)}.
 */
final class MaskedLossKernel implements Kernel {
  private final Op.Measure measure;
  private final double factor;
  private final int width;
  private final double[] prediction;
  private final double[] target;
  private final double[] weight;
  private final double[] out;
  private final double[] dprediction;

  MaskedLossKernel(Op.MaskedLoss op, Operands operands) {
    measure = op.measure();
    factor = op.factor();
    width = op.prediction().width();
    prediction = operands.numbers(op.prediction());
    target = operands.numbers(op.target());
    weight = operands.numbers(op.weight());
    out = operands.numbers(op.out());
    dprediction = operands.gradientFor(op.prediction());
  }

  @Override
  public void forward() {
    double sum = 0;
    for (int i = 0; i < prediction.length; i++) {
      sum += weight[i / width] * measured(prediction[i] - target[i]) / width;
    }
    out[0] = factor * sum / weightSum();
  }

  @Override
  public void backward() {
    if (dprediction != null) {
      double scale = factor / (width * weightSum());
      for (int i = 0; i < prediction.length; i++) {
        dprediction[i] += slope(prediction[i] - target[i]) * weight[i / width] * scale;
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
    for (double w : weight) {
      sum += w;
    }
    return sum;
  }
}
