package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** With {@code s = 1 / (1 + exp(-a x))}: {@code out = x s}, {@code dx = dout s (1 + a x (1-s))}. */
final class SwishKernel implements Kernel {
  private final double alpha;
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  SwishKernel(Op.Swish op, Operands operands) {
    alpha = op.alpha();
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    for (int i = 0; i < x.length; i++) {
      out[i] = x[i] * gate(x[i]);
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int i = 0; i < x.length; i++) {
        double gate = gate(x[i]);
        dx[i] += dout[i] * gate * (1 + alpha * x[i] * (1 - gate));
      }
    }
  }

  private double gate(double x) {
    return 1 / (1 + Math.exp(-alpha * x));
  }
}
