package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * {@code out[b] = [front[b]; table[ids[b]]]}; {@code dfront} is its part of {@code dout}, {@code
 * dtable[i]} the sum of the rows that came from {@code table[i]}.
 */
final class GatherRowsKernel implements Kernel {
  private final int images;
  private final int frontRows;
  private final int gathered;
  private final int width;
  private final double[] front;
  private final double[] table;
  private final int[] ids;
  private final double[] out;
  private final double[] dout;
  private final double[] dfront;
  private final double[] dtable;

  GatherRowsKernel(Op.GatherRows op, Operands operands) {
    images = op.images();
    frontRows = op.frontRows();
    gathered = op.gathered();
    width = op.table().width();
    front = op.front() == null ? new double[0] : operands.numbers(op.front());
    table = operands.numbers(op.table());
    ids = operands.indices(op.ids());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dfront = op.front() == null ? null : operands.gradientFor(op.front());
    dtable = operands.gradientFor(op.table());
  }

  @Override
  public void forward() {
    for (int b = 0; b < images; b++) {
      System.arraycopy(front, b * frontRows * width, out, row(b, 0), frontRows * width);
      for (int m = 0; m < gathered; m++) {
        int from = ids[b * gathered + m] * width;
        System.arraycopy(table, from, out, row(b, frontRows + m), width);
      }
    }
  }

  @Override
  public void backward() {
    for (int b = 0; b < images; b++) {
      add(row(b, 0), dfront, b * frontRows * width, frontRows * width);
      for (int m = 0; m < gathered; m++) {
        add(row(b, frontRows + m), dtable, ids[b * gathered + m] * width, width);
      }
    }
  }

  private void add(int from, double[] gradient, int to, int length) {
    if (gradient != null) {
      for (int j = 0; j < length; j++) {
        gradient[to + j] += dout[from + j];
      }
    }
  }

  private int row(int b, int r) {
    return (b * (frontRows + gathered) + r) * width;
  }
}
