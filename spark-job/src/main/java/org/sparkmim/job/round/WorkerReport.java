package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.List;

/**
 * What a worker tells about its share of a round.
 *
 * @param samples samples trained on
 * @param lossSums per tap, the sum over samples of their minibatch's mean loss
 * @param handOutNanos from the start of the task until the round's state was in place
 * @param nanos from there to its last step
 * @param dataNanos waited for samples
 * @param computeNanos spent in the engine
 * @param offerNanos from its last step until its slices could be fetched
 * @param firstStepMillis when its first step was done, in milliseconds since 1970
 * @param fromDriver bytes of the round's state that the driver sent to this process
 * @param fromAveragers bytes of it that came from other processes
 * @param faults the first number that was not finite, if there was one; then it offers no slices
 */
record WorkerReport(
    long samples,
    double[] lossSums,
    long handOutNanos,
    long nanos,
    long dataNanos,
    long computeNanos,
    long offerNanos,
    long firstStepMillis,
    long fromDriver,
    long fromAveragers,
    List<Fault> faults)
    implements Serializable {
  WorkerReport {
    faults = List.copyOf(faults);
  }

  /** Mean loss over taps' sum. */
  double loss() {
    double sum = 0;
    for (double tap : lossSums) {
      sum += tap;
    }
    return sum / samples;
  }
}
