package org.sparkmim.job.round;

import java.util.function.Supplier;

/** Told after every round, on the driver; what it throws ends the training. */
@FunctionalInterface
public interface RoundListener {
  /**
   * Called when a round is averaged.
   *
   * @param state brings the averaged state to the driver, which costs as much as it is large; may
   *     be asked during the call
   */
  void afterRound(RoundReport report, Supplier<Collected> state);
}
