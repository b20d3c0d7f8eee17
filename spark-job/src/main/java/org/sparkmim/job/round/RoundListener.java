package org.sparkmim.job.round;

import org.sparkmim.job.commit.FlatState;

/** Told after every round, on the driver; what it throws ends the training. */
@FunctionalInterface
public interface RoundListener {
  /**
   * Called when a round is averaged.
   *
   * @param state the averaged state, which must not be changed
   */
  void afterRound(RoundReport report, FlatState state);
}
