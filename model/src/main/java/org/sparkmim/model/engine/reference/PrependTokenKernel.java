package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b] = [token; x[b]]}; {@code dtoken = sum_b dout[b, 0]}. */
final class PrependTokenKernel implements Kernel {
  private final int batch;
  private final int width;
  private final int imageX;
  private final double[] x;
  private final double[] token;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dtoken;

  PrependTokenKernel(Op.PrependToken op, Operands operands) {
    batch = op.x().extent(0);
    width = op.x().width();
    imageX = op.x().extent(1) * width;
    x = operands.numbers(op.x());
    token = operands.numbers(op.token());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dtoken = operands.gradientFor(op.token());
  }

  @Override
  public void forward() {
    for (int b = 0; b < batch; b++) {
      System.arraycopy(token, 0, out, first(b), width);
      System.arraycopy(x, b * imageX, out, first(b) + width, imageX);
    }
  }

  @Override
  public void backward() {
    for (int b = 0; b < batch; b++) {
      if (dtoken != null) {
        for (int j = 0; j < width; j++) {
          dtoken[j] += dout[first(b) + j];
        }
      }
      if (dx != null) {
        for (int i = 0; i < imageX; i++) {
          dx[b * imageX + i] += dout[first(b) + width + i];
        }
      }
    }
  }

  private int first(int b) {
    return b * (imageX + width);
  }
}
