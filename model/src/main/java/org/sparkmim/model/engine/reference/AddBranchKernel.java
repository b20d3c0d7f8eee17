package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b] = x[b] + s[b] branch[b]}; {@code dx = dout}, {@code dbranch[b] = s[b] dout[b]}. */
final class AddBranchKernel implements Kernel {
  private final int imageSize;
  private final int first;
  private final double[] x;
  private final double[] branch;
  private final double[] scale;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dbranch;

  AddBranchKernel(Op.AddBranch op, Operands operands) {
    imageSize = op.imageSize();
    first = op.row() * op.scale().width();
    x = operands.numbers(op.x());
    branch = operands.numbers(op.branch());
    scale = operands.numbers(op.scale());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dbranch = operands.gradientFor(op.branch());
  }

  @Override
  public void forward() {
    for (int i = 0; i < out.length; i++) {
      out[i] = x[i] + scale[first + i / imageSize] * branch[i];
    }
  }

  @Override
  public void backward() {
    for (int i = 0; i < out.length; i++) {
      if (dbranch != null) {
        dbranch[i] += scale[first + i / imageSize] * dout[i];
      }
      if (dx != null) {
        dx[i] += dout[i];
      }
    }
  }
}
