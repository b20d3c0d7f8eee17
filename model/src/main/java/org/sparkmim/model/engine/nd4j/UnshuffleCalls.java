package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * Visible tokens to their grid positions, mask token plus position into the gaps; the gradient of a
 * gap goes to the mask token.
 */
final class UnshuffleCalls implements Calls {
  private final Op.Unshuffle op;
  private final Emission e;
  private final Placement placement;
  private final int batch;
  private final int grid;
  private final int tokens;

  UnshuffleCalls(Op.Unshuffle op, Emission e) {
    this.op = op;
    this.e = e;
    batch = op.x().extent(0);
    grid = op.restoreIds().extent(1);
    tokens = op.x().extent(1);
    placement =
        Placement.of(
            e.indices(), op.restoreIds(), batch * (grid + 1), batch * tokens, this::sources);
  }

  private void sources(int[] restoreIds, int[] sources) {
    for (int b = 0; b < batch; b++) {
      sources[b * (grid + 1)] = b * tokens;
      for (int t = 0; t < grid; t++) {
        int rank = restoreIds[b * grid + t];
        sources[b * (grid + 1) + 1 + t] =
            rank < op.visible() ? b * tokens + 1 + rank : batch * tokens + t;
      }
    }
  }

  @Override
  public void forward() {
    long width = op.x().width();
    Tensor table = e.scratch((long) batch * tokens + grid, width);
    e.copy(e.rows(op.x()), table.rows(0, (long) batch * tokens));
    e.add(
        e.rows(op.positions()).rows(1, grid),
        e.row(op.maskToken()),
        table.rows((long) batch * tokens, grid));
    e.gather(table, placement.source(), e.rows(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    e.contribute(step, op.x(), dx -> e.gather(dout, placement.target(), dx));
    e.accumulate(step, op.maskToken(), (dmask, beta) -> placement.sumGaps(e, dout, dmask, beta));
  }
}
