package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * {@code out = sum_r w_r mean_j (p_rj - t_rj)^2 / sum_r w_r}; {@code dp_rj = 2 (p_rj - t_rj) w_r /
 * (width sum_r w_r)}.
 */
final class MaskedMseKernel implements Kernel {
  private final int width;
  private final double[] prediction;
  private final double[] target;
  private final double[] weight;
  private final double[] out;
  private final double[] dprediction;

  MaskedMseKernel(Op.MaskedMse op, Operands operands) {
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
      double difference = prediction[i] - target[i];
      sum += weight[i / width] * difference * difference / width;
    }
    out[0] = sum / weightSum();
  }

  @Override
  public void backward() {
    if (dprediction != null) {
      double weightSum = weightSum();
      for (int i = 0; i < prediction.length; i++) {
        double difference = prediction[i] - target[i];
        dprediction[i] += 2 * difference * weight[i / width] / (width * weightSum);
      }
    }
  }

  private double weightSum() {
    double sum = 0;
    for (double w : weight) {
      sum += w;
    }
    return sum;
  }
}
