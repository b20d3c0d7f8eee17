package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[r] = table[ids[r]]}; the table is constant. */
final class GatherRowsKernel implements Kernel {
  private final int width;
  private final double[] table;
  private final int[] ids;
  private final double[] out;

  GatherRowsKernel(Op.GatherRows op, Operands operands) {
    width = op.table().width();
    table = operands.numbers(op.table());
    ids = operands.indices(op.ids());
    out = operands.numbers(op.out());
  }

  @Override
  public void forward() {
    for (int r = 0; r < ids.length; r++) {
      System.arraycopy(table, ids[r] * width, out, r * width, width);
    }
  }

  @Override
  public void backward() {
    throw new IllegalStateException("a constant table has no gradient");
  }
}
