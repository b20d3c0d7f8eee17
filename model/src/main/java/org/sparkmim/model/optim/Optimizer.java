package org.sparkmim.model.optim;

import java.io.Serializable;

/** How gradients change parameters. */
public sealed interface Optimizer extends Serializable {
  /**
   * AdamW with decoupled decay (Loshchilov and Hutter, 2019), in PyTorch's form: {@code p -= lr *
   * decay * p}, then {@code p -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)}.
   */
  record AdamW(double beta1, double beta2, double eps, double weightDecay) implements Optimizer {
    /** The published setting of MAE and LocalMIM. */
    public static AdamW published() {
      return new AdamW(0.9, 0.95, 1e-8, 0.05);
    }
  }

  /**
   * {@code p -= lr * g}; no momentum, no decay. Averaging it over workers equals a bigger batch.
   */
  record Sgd() implements Optimizer {}
}
