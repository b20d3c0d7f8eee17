package org.sparkmim.model.graph;

import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/** How much arithmetic a network takes. */
public final class Work {
  private Work() {}

  /**
   * Floating-point operations of the matrix products of one forward and backward pass; a
   * multiplication and its addition are two. The rest (norms, activations, softmax) is not counted,
   * as is the custom.
   */
  public static long products(Schedule schedule) {
    long sum = 0;
    for (Op op : schedule.forward()) {
      sum += product(op);
    }
    for (BackwardStep step : schedule.backward()) {
      Op op = step.op();
      long once = product(op);
      if (op instanceof Op.Attention || op instanceof Op.WindowAttention) {
        sum += 2 * once;
      } else if (once > 0) {
        sum += step.write(weight(op)) == Write.NONE ? 0 : once;
        sum += step.write(op.inputs().get(0)) == Write.NONE ? 0 : once;
      }
    }
    return sum;
  }

  private static Value weight(Op op) {
    return op instanceof Op.Linear linear ? linear.weight() : ((Op.ConvTranspose2x) op).weight();
  }

  private static long product(Op op) {
    if (op instanceof Op.Linear linear) {
      return 2 * linear.x().size() * linear.out().width();
    } else if (op instanceof Op.ConvTranspose2x upsample) {
      return 8 * upsample.x().size() * upsample.out().width();
    } else if (op instanceof Op.Attention attention) {
      return 4 * attention.probabilities().size() * attention.headWidth();
    } else if (op instanceof Op.WindowAttention attention) {
      // As if each token saw a full group: how many groups are in use differs from mask to mask.
      return 4 * attention.out().size() * attention.capacity();
    }
    return 0;
  }
}
