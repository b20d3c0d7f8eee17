package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * {@code out = x P(x)} with the normal distribution {@code P(x) = (1 + erf(x / sqrt 2)) / 2};
 * {@code dx = dout (P(x) + x P'(x))}.
 */
final class GeluKernel implements Kernel {
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  GeluKernel(Op.Gelu op, Operands operands) {
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] * distribution(x[i]);
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int i = 0; i < x.length; i++) {
        dx[i] += dout[i] * (distribution(x[i]) + x[i] * density(x[i]));
      }
    }
  }

  /** {@code 1 + erf(z) = erfc(-z)}, which loses no digits where x is far below zero. */
  private static double distribution(double x) {
    return ErrorFunction.erfc(-x / Math.sqrt(2)) / 2;
  }

  private static double density(double x) {
    return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }
}
