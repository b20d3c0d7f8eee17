package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * {@code out = -1/B sum t log p} with {@code p = softmax(z)} row by row; {@code dz_c = (p_c sum_k
 * t_k - t_c) / B}.
 */
final class CrossEntropyKernel implements Kernel {
  private final int batch;
  private final int classes;
  private final double[] logits;
  private final double[] target;
  private final double[] out;
  private final double[] dlogits;

  CrossEntropyKernel(Op.CrossEntropy op, Operands operands) {
    batch = op.logits().extent(0);
    classes = op.logits().width();
    logits = operands.numbers(op.logits());
    target = operands.numbers(op.target());
    out = operands.numbers(op.out());
    dlogits = operands.gradientFor(op.logits());
  }

  @Override
  public void forward() {
    double sum = 0;
    for (int b = 0; b < batch; b++) {
      double normaliser = logSumOfExponentials(b * classes);
      for (int i = b * classes; i < (b + 1) * classes; i++) {
        sum += target[i] * (normaliser - logits[i]);
      }
    }
    out[0] = sum / batch;
  }

  @Override
  public void backward() {
    if (dlogits == null) {
      return;
    }
    for (int b = 0; b < batch; b++) {
      double normaliser = logSumOfExponentials(b * classes);
      double total = 0;
      for (int i = b * classes; i < (b + 1) * classes; i++) {
        total += target[i];
      }
      for (int i = b * classes; i < (b + 1) * classes; i++) {
        dlogits[i] += (total * Math.exp(logits[i] - normaliser) - target[i]) / batch;
      }
    }
  }

  private double logSumOfExponentials(int first) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int i = first; i < first + classes; i++) {
      largest = Math.max(largest, logits[i]);
    }
    double sum = 0;
    for (int i = first; i < first + classes; i++) {
      sum += Math.exp(logits[i] - largest);
    }
    return largest + Math.log(sum);
  }
}
