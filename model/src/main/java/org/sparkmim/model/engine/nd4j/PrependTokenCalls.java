package org.sparkmim.model.engine.nd4j;

import java.util.Arrays;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[b] = [token; x[b]]}; {@code dtoken = sum_b dout[b, 0]}. */
final class PrependTokenCalls implements Calls {
  private final Op.PrependToken op;
  private final Emission e;
  private final int rows;
  private final Tensor sources;
  private final Tensor targets;

  PrependTokenCalls(Op.PrependToken op, Emission e) {
    this.op = op;
    this.e = e;
    rows = op.x().rows();
    int tokens = op.x().extent(1);
    int[] from = new int[op.out().rows()];
    int[] to = new int[rows];
    Arrays.setAll(to, row -> row + row / tokens + 1);
    Arrays.fill(from, rows);
    for (int row = 0; row < rows; row++) {
      from[to[row]] = row;
    }
    sources = e.indices().constant(from);
    targets = e.indices().constant(to);
  }

  @Override
  public void forward() {
    Tensor table = e.scratch(rows + 1, op.x().width());
    e.copy(e.rows(op.x()), table.rows(0, rows));
    e.copy(e.row(op.token()), table.rows(rows, 1));
    e.gather(table, sources, e.rows(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor first = e.gradientImages(op.out()).columns(0, op.x().width());
    e.accumulate(
        step, op.token(), (dtoken, beta) -> e.columnSums(first, dtoken.as(1, dtoken.size()), beta));
    e.contribute(step, op.x(), dx -> e.gather(e.gradientRows(op.out()), targets, dx));
  }
}
