package org.sparkmim.job.round;

import java.util.List;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * A worker's copy of the model with everything a step needs, kept on its executor between rounds.
 * It holds no state of the run: every round overwrites {@link #state}.
 */
public interface Replica extends AutoCloseable {
  /** Parameters and moments, to be set before the first step of a round and read after the last. */
  ParameterVectors state();

  /**
   * Whether it loads that minibatch already, as the first of a share that it expects.
   *
   * @see #begin
   */
  default boolean awaits(MinibatchRef minibatch) {
    return false;
  }

  /**
   * Announces the steps of a round, so that their samples can be loaded ahead. What was announced
   * before and not taken is given up.
   *
   * @param next first minibatches of the share after, so far as they are known: they can be loaded
   *     too, and are dropped if another share comes
   */
  void begin(List<LocalStep> share, List<MinibatchRef> next, RunObserver observer);

  /** Takes the next announced step. */
  StepResult step();

  @Override
  void close();

  /**
   * What a step cost and gave.
   *
   * @param losses mean loss of each tap over the step's samples
   * @param dataNanos waited for samples
   * @param computeNanos spent in the engine
   */
  record StepResult(double[] losses, long dataNanos, long computeNanos) {}
}
