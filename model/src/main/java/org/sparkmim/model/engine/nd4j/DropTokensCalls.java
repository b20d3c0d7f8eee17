package org.sparkmim.model.engine.nd4j;

import java.util.Arrays;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[b, t] = x[b, t + count]}; the dropped tokens get no gradient. */
final class DropTokensCalls implements Calls {
  private final Op.DropTokens op;
  private final Emission e;
  private final Tensor sources;
  private final Tensor targets;

  DropTokensCalls(Op.DropTokens op, Emission e) {
    this.op = op;
    this.e = e;
    int rows = op.out().rows();
    int tokens = op.out().extent(1);
    int[] from = new int[rows];
    int[] to = new int[op.x().rows()];
    Arrays.setAll(from, row -> row + (row / tokens + 1) * op.count());
    Arrays.fill(to, rows);
    for (int row = 0; row < rows; row++) {
      to[from[row]] = row;
    }
    sources = e.indices().constant(from);
    targets = e.indices().constant(to);
  }

  @Override
  public void forward() {
    e.gather(e.rows(op.x()), sources, e.rows(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    e.contribute(step, op.x(), dx -> e.gatherOr(0, dout, targets, dx));
  }
}
