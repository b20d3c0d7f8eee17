package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** Visible token or mask token, plus position; the gradient goes to whichever of them was taken. */
final class RestoreTokensCalls implements Calls {
  private final Op.RestoreTokens op;
  private final Emission e;
  private final Placement placement;
  private final int batch;
  private final int tokens;

  RestoreTokensCalls(Op.RestoreTokens op, Emission e) {
    this.op = op;
    this.e = e;
    batch = op.x().extent(0);
    tokens = op.out().extent(1);
    placement =
        Placement.of(
            e.indices(), op.restoreIds(), batch * tokens, batch * op.visible(), this::sources);
  }

  private void sources(int[] restoreIds, int[] sources) {
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < tokens; t++) {
        int rank = restoreIds[t];
        sources[b * tokens + t] =
            rank < op.visible() ? b * op.visible() + rank : batch * op.visible();
      }
    }
  }

  @Override
  public void forward() {
    long rows = (long) batch * op.visible();
    Tensor table = e.scratch(rows + 1, op.x().width());
    e.copy(e.rows(op.x()), table.rows(0, rows));
    e.copy(e.row(op.maskToken()), table.rows(rows, 1));
    e.gather(table, placement.source(), e.rows(op.out()));
    e.add(e.images(op.out()), e.row(op.positions()), e.images(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    e.contribute(step, op.x(), dx -> e.gather(dout, placement.target(), dx));
    e.accumulate(step, op.maskToken(), (dmask, beta) -> placement.sumGaps(e, dout, dmask, beta));
  }
}
