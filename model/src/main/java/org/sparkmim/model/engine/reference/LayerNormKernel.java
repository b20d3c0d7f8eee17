package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * With {@code s = 1 / sqrt(variance + eps)}, {@code n = (x - mean) s} and {@code d = dout gamma}:
 * {@code out = n gamma + beta} and {@code dx = s (d - mean(d) - n mean(d n))}, means over a row.
 */
final class LayerNormKernel implements Kernel {
  private final int rows;
  private final int width;
  private final double eps;
  private final double[] x;
  private final double[] gamma;
  private final double[] beta;
  private final double[] mean;
  private final double[] variance;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dgamma;
  private final double[] dbeta;

  LayerNormKernel(Op.LayerNorm op, Operands operands) {
    rows = op.x().rows();
    width = op.x().width();
    eps = op.eps();
    x = operands.numbers(op.x());
    gamma = operands.numbers(op.gamma());
    beta = operands.numbers(op.beta());
    mean = operands.numbers(op.mean());
    variance = operands.numbers(op.variance());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dgamma = operands.gradientFor(op.gamma());
    dbeta = operands.gradientFor(op.beta());
  }

  @Override
  public void forward() {
    for (int r = 0; r < rows; r++) {
      mean[r] = meanOfRow(r);
      variance[r] = varianceOfRow(r);
      for (int j = 0; j < width; j++) {
        out[r * width + j] = normalised(r, j) * gamma[j] + beta[j];
      }
    }
  }

  @Override
  public void backward() {
    for (int r = 0; r < rows; r++) {
      if (dx != null) {
        inputGradient(r);
      }
      for (int j = 0; j < width; j++) {
        if (dgamma != null) {
          dgamma[j] += dout[r * width + j] * normalised(r, j);
        }
        if (dbeta != null) {
          dbeta[j] += dout[r * width + j];
        }
      }
    }
  }

  private void inputGradient(int r) {
    double meanD = 0;
    double meanDn = 0;
    for (int j = 0; j < width; j++) {
      double d = dout[r * width + j] * gamma[j];
      meanD += d / width;
      meanDn += d * normalised(r, j) / width;
    }
    for (int j = 0; j < width; j++) {
      double d = dout[r * width + j] * gamma[j];
      dx[r * width + j] += scale(r) * (d - meanD - normalised(r, j) * meanDn);
    }
  }

  private double meanOfRow(int r) {
    double sum = 0;
    for (int j = 0; j < width; j++) {
      sum += x[r * width + j];
    }
    return sum / width;
  }

  private double varianceOfRow(int r) {
    double sum = 0;
    for (int j = 0; j < width; j++) {
      double difference = x[r * width + j] - mean[r];
      sum += difference * difference;
    }
    return sum / width;
  }

  private double normalised(int r, int j) {
    return (x[r * width + j] - mean[r]) * scale(r);
  }

  private double scale(int r) {
    return 1 / Math.sqrt(variance[r] + eps);
  }
}
