package org.sparkmim.job.round;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.sparkmim.data.order.SampleOrder;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Progress;

/**
 * A round of which nothing is kept, because a number of it was NaN or infinite.
 *
 * @param start where it began
 * @param end behind its samples, with this round among the bad ones in a row
 * @param samples that it consumed
 * @param faults at most one of each worker, in their order
 * @param seconds that it took
 */
public record BadRound(
    Progress start, Progress end, long samples, List<Named> faults, double seconds) {
  private static final int LISTED = 8;

  public BadRound {
    faults = List.copyOf(faults);
  }

  /**
   * A fault, and the ids in the dataset of the samples in the minibatch that made it.
   *
   * @param samples in the minibatch's order
   */
  public record Named(Fault fault, List<Long> samples) {
    public Named {
      samples = List.copyOf(samples);
    }

    private String text() {
      MinibatchRef batch = fault.step().minibatch();
      String ids =
          samples.stream().limit(LISTED).map(String::valueOf).collect(Collectors.joining(", "));
      int more = samples.size() - LISTED;
      return String.format(
          Locale.ROOT,
          "worker %d, step %d (learning rate %s): %s, on samples %s%s (epoch %d, positions %d to %d)",
          fault.worker(),
          fault.step().step(),
          fault.step().rate(),
          fault.what(),
          ids,
          more > 0 ? " and " + more + " more" : "",
          batch.epoch(),
          batch.first(),
          batch.first() + batch.count() - 1);
    }
  }

  /**
   * @param seed of the sample order
   * @param size samples in the dataset
   */
  static BadRound of(RoundPlan plan, Rounds.Result result, long seed, long size) {
    Progress end = plan.end();
    return new BadRound(
        plan.start(),
        new Progress(
            end.step(), end.round(), end.epoch(), end.position(), plan.start().badRounds() + 1),
        plan.samples(),
        result.faults().stream()
            .map(fault -> new Named(fault, ids(fault.step().minibatch(), seed, size)))
            .toList(),
        result.nanos() / 1e9);
  }

  private static List<Long> ids(MinibatchRef batch, long seed, long size) {
    SampleOrder order = new SampleOrder(seed, batch.epoch(), size);
    return LongStream.range(batch.first(), batch.first() + batch.count())
        .map(order::at)
        .boxed()
        .toList();
  }

  /** What went wrong where. */
  String text() {
    return "Round "
        + end.round()
        + " is not finite: "
        + faults.stream().map(Named::text).collect(Collectors.joining("; "));
  }

  /**
   * Ends the training where it may not go on.
   *
   * @throws MimException (failed) by policy, or after too many bad rounds
   */
  void check(NonFinite rule) {
    if (rule.policy() == NonFinite.Policy.FAIL) {
      throw MimException.failed(
          text()
              + ". Nothing of this round is kept (train.non-finite.policy = fail). Go on without its"
              + " samples by the same command with -D train.non-finite.policy=skip-round or rollback,"
              + " or start a new run with a lower train.base-lr or a longer train.warmup-epochs.");
    }
    if (end.badRounds() > rule.maxInARow()) {
      throw MimException.failed(
          text()
              + ". That is bad round "
              + end.badRounds()
              + " in a row, and train.non-finite.max-in-a-row = "
              + rule.maxInARow()
              + ": training diverges. Start a new run with a lower train.base-lr or a longer"
              + " train.warmup-epochs.");
    }
  }
}
