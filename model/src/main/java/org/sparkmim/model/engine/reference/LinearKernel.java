package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out = x W' (+ bias) (+ residual)}; {@code dx = dout W}, {@code dW = dout' x}. */
final class LinearKernel implements Kernel {
  private final int rows;
  private final int ins;
  private final int outs;
  private final double[] x;
  private final double[] weight;
  private final double[] transposed;
  private final double[] bias;
  private final double[] residual;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dweight;
  private final double[] dbias;
  private final double[] dresidual;

  LinearKernel(Op.Linear op, Operands operands) {
    rows = op.x().rows();
    ins = op.x().width();
    outs = op.out().width();
    x = operands.numbers(op.x());
    weight = operands.numbers(op.weight());
    transposed = new double[weight.length];
    bias = op.bias() == null ? null : operands.numbers(op.bias());
    residual = op.residual() == null ? null : operands.numbers(op.residual());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dweight = operands.gradientFor(op.weight());
    dbias = op.bias() == null ? null : operands.gradientFor(op.bias());
    dresidual = op.residual() == null ? null : operands.gradientFor(op.residual());
  }

  @Override
  public void forward() {
    transposeWeight();
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < outs; o++) {
        int at = r * outs + o;
        out[at] = (bias == null ? 0 : bias[o]) + (residual == null ? 0 : residual[at]);
      }
      for (int i = 0; i < ins; i++) {
        double factor = x[r * ins + i];
        for (int o = 0; o < outs; o++) {
          out[r * outs + o] += factor * transposed[i * outs + o];
        }
      }
    }
  }

  @Override
  public void backward() {
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < outs; o++) {
        double d = dout[r * outs + o];
        if (dx != null) {
          for (int i = 0; i < ins; i++) {
            dx[r * ins + i] += d * weight[o * ins + i];
          }
        }
        if (dweight != null) {
          for (int i = 0; i < ins; i++) {
            dweight[o * ins + i] += d * x[r * ins + i];
          }
        }
        if (dbias != null) {
          dbias[o] += d;
        }
        if (dresidual != null) {
          dresidual[r * outs + o] += d;
        }
      }
    }
  }

  /** The inner loop of forward runs over outputs: neighbours there are neighbours in memory. */
  private void transposeWeight() {
    for (int o = 0; o < outs; o++) {
      for (int i = 0; i < ins; i++) {
        transposed[i * outs + o] = weight[o * ins + i];
      }
    }
  }
}
