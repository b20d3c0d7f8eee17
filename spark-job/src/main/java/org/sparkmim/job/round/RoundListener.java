package org.sparkmim.job.round;

import java.util.Optional;
import java.util.function.Supplier;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.Progress;

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

  /**
   * Called when a round was passed over.
   *
   * @param state brings the state that training goes on with to the driver
   */
  default void afterBadRound(BadRound round, Supplier<Collected> state) {}

  /** The state of the newest checkpoint, if there is one: where a rollback goes. */
  default Optional<FlatState> committed() {
    return Optional.empty();
  }

  /**
   * Called when a round failed for good; its failure ends the training unless another is thrown
   * here.
   *
   * @param progress of the last round that did not
   * @param state brings that round's state to the driver; may be asked during the call
   */
  default void afterFailure(Progress progress, Supplier<Collected> state) {}
}
