package org.sparkmim.job.round;

import java.util.Collection;
import java.util.function.ToLongFunction;

/**
 * Where the part of a round that is not training went. Times are seconds of the slowest process;
 * bytes are those that went from one process to another.
 *
 * @param handOutSeconds until the round's state was in the workers' vectors
 * @param offerSeconds to copy the workers' slices out
 * @param fetchSeconds averagers waited for slices
 * @param meanSeconds averagers summed and divided
 * @param otherSeconds the rest: Spark's scheduling; 0 where phases of several processes overlapped
 * @param driverSentBytes that the driver sent to all workers
 * @param averagersToWorkersBytes of the state that the round began with
 * @param workersToAveragersBytes of workers' slices
 * @param averagersToAveragersBytes of the state before, where the outer step needs it
 */
public record RoundCost(
    double handOutSeconds,
    double offerSeconds,
    double fetchSeconds,
    double meanSeconds,
    double otherSeconds,
    long driverSentBytes,
    long averagersToWorkersBytes,
    long workersToAveragersBytes,
    long averagersToAveragersBytes) {
  private static final double NANOS = 1e9;

  static RoundCost of(Rounds.Result result) {
    double handOut = slowest(result.reports(), WorkerReport::handOutNanos);
    double offer = slowest(result.reports(), WorkerReport::offerNanos);
    double fetch = slowest(result.averaged(), Averaging.Averaged::waitNanos);
    double mean = slowest(result.averaged(), Averaging.Averaged::averageNanos);
    double training = slowest(result.reports(), WorkerReport::nanos);
    return new RoundCost(
        handOut,
        offer,
        fetch,
        mean,
        Math.max(0, result.nanos() / NANOS - handOut - training - offer - fetch - mean),
        result.reports().stream().mapToLong(WorkerReport::fromDriver).sum(),
        result.reports().stream().mapToLong(WorkerReport::fromAveragers).sum(),
        result.averaged().stream().mapToLong(Averaging.Averaged::remoteBytes).sum(),
        result.averaged().stream().mapToLong(Averaging.Averaged::pastBytes).sum());
  }

  private static <T> double slowest(Collection<T> all, ToLongFunction<T> nanos) {
    return all.stream().mapToLong(nanos).max().orElse(0) / NANOS;
  }
}
