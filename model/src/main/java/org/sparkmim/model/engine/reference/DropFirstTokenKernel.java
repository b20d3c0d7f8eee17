package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b, t] = x[b, t+1]}; the dropped token gets no gradient. */
final class DropFirstTokenKernel implements Kernel {
  private final int batch;
  private final int width;
  private final int imageOut;
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  DropFirstTokenKernel(Op.DropFirstToken op, Operands operands) {
    batch = op.x().extent(0);
    width = op.x().width();
    imageOut = op.out().extent(1) * width;
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    for (int b = 0; b < batch; b++) {
      System.arraycopy(x, second(b), out, b * imageOut, imageOut);
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int b = 0; b < batch; b++) {
        for (int i = 0; i < imageOut; i++) {
          dx[second(b) + i] += dout[b * imageOut + i];
        }
      }
    }
  }

  private int second(int b) {
    return b * (imageOut + width) + width;
  }
}
