package org.sparkmim.job.round;

import java.util.List;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.Progress;

/**
 * What a round was like.
 *
 * @param start progress before it
 * @param end progress after it
 * @param samples samples consumed by all workers
 * @param rate learning rate of its last step
 * @param losses mean loss of each tap over the round's samples
 * @param workers each worker's part, of those that took part
 * @param distances of each worker's parameters from the mean, over the parameters' length
 * @param seconds of the whole round
 * @param averageSeconds from the slowest worker's last step to the averaged state
 * @param workerBytes of workers' states that were averaged
 * @param firstStepMillis when the first worker had done its first step, in milliseconds since 1970
 * @param cost of all that is not training
 */
public record RoundReport(
    Progress start,
    Progress end,
    long samples,
    double rate,
    double[] losses,
    List<Worker> workers,
    double[] distances,
    double seconds,
    double averageSeconds,
    long workerBytes,
    long firstStepMillis,
    RoundCost cost) {
  private static final double NANOS = 1e9;

  /**
   * A worker's part of a round.
   *
   * @param loss mean over its samples of the sum over taps
   * @param seconds from the state in place to its last step
   * @param dataSeconds of these, waited for samples
   * @param computeSeconds of these, spent in the engine
   */
  public record Worker(
      long samples, double loss, double seconds, double dataSeconds, double computeSeconds) {}

  static RoundReport of(RoundPlan plan, Rounds.Result result) {
    List<WorkerReport> reports = result.reports();
    double[] losses = new double[reports.get(0).lossSums().length];
    long slowest = 0;
    for (WorkerReport report : reports) {
      slowest = Math.max(slowest, report.handOutNanos() + report.nanos());
      for (int tap = 0; tap < losses.length; tap++) {
        losses[tap] += report.lossSums()[tap] / plan.samples();
      }
    }
    return new RoundReport(
        plan.start(),
        plan.end(),
        plan.samples(),
        plan.rate(),
        losses,
        reports.stream().map(RoundReport::worker).toList(),
        Apart.relative(result.averaged().stream().map(Averaging.Averaged::apart).toList()),
        result.nanos() / NANOS,
        (result.nanos() - slowest) / NANOS,
        reports.size() * FlatState.bytes(result.parameters()),
        reports.stream().mapToLong(WorkerReport::firstStepMillis).min().orElseThrow(),
        RoundCost.of(result));
  }

  private static Worker worker(WorkerReport report) {
    return new Worker(
        report.samples(),
        report.loss(),
        report.nanos() / NANOS,
        report.dataNanos() / NANOS,
        report.computeNanos() / NANOS);
  }

  /** Sum of the taps' losses. */
  public double loss() {
    double sum = 0;
    for (double tap : losses) {
      sum += tap;
    }
    return sum;
  }

  /** Images trained on in a second of the round. */
  public double imagesPerSecond() {
    return samples / seconds;
  }
}
