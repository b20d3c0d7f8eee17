package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@code out = -1/B sum t log p} with {@code p = softmax(z)} row by row; {@code dz_c = (p_c sum_k
 * t_k - t_c) / B}. The loss is computed in double: its terms may cancel.
 */
record CrossEntropyCalls(Op.CrossEntropy op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor logarithms = e.wide(e.rows(op.logits()));
    Tensor total = e.wide(e.row(op.out()));
    e.logSoftmax(logarithms, logarithms);
    e.multiply(logarithms, e.wide(e.rows(op.target())), logarithms);
    e.total(logarithms, total);
    e.scale(total, -1.0 / batch(), total);
    e.cast(total, e.row(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor totals = e.scratch(batch(), 1);
    e.rowSums(e.rows(op.target()), totals, 1);
    e.contribute(
        step,
        op.logits(),
        dlogits -> {
          e.softmax(e.rows(op.logits()), dlogits);
          e.multiply(dlogits, totals, dlogits);
          e.subtract(dlogits, e.rows(op.target()), dlogits);
          e.scale(dlogits, 1.0 / batch(), dlogits);
        });
  }

  private int batch() {
    return op.logits().extent(0);
  }
}
