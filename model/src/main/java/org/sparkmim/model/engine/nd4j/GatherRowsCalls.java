package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[r] = table[ids[r]]}; the table is constant. */
record GatherRowsCalls(Op.GatherRows op, Emission e) implements Calls {
  @Override
  public void forward() {
    e.gather(e.rows(op.table()), e.indices().of(op.ids()), e.rows(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    throw new IllegalStateException("a constant table has no gradient");
  }
}
