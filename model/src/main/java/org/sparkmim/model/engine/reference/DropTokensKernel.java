package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b, t] = x[b, t + count]}; the dropped tokens get no gradient. */
final class DropTokensKernel implements Kernel {
  private final int batch;
  private final int dropped;
  private final int imageOut;
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  DropTokensKernel(Op.DropTokens op, Operands operands) {
    batch = op.x().extent(0);
    dropped = op.count() * op.x().width();
    imageOut = op.out().extent(1) * op.x().width();
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    for (int b = 0; b < batch; b++) {
      System.arraycopy(x, kept(b), out, b * imageOut, imageOut);
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int b = 0; b < batch; b++) {
        for (int i = 0; i < imageOut; i++) {
          dx[kept(b) + i] += dout[b * imageOut + i];
        }
      }
    }
  }

  private int kept(int b) {
    return b * (imageOut + dropped) + dropped;
  }
}
