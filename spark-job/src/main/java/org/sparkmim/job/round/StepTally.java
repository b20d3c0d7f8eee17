package org.sparkmim.job.round;

import java.util.List;

/** What the steps of a worker's share have come to. */
final class StepTally {
  private final int worker;
  private long samples;
  private long dataNanos;
  private long computeNanos;
  private long firstStepMillis;
  private double[] lossSums = {};
  private List<Fault> faults = List.of();

  StepTally(int worker) {
    this.worker = worker;
  }

  /** Counts a step; whether its losses were finite. */
  boolean add(LocalStep step, Replica.StepResult result) {
    if (lossSums.length == 0) {
      lossSums = new double[result.losses().length];
      firstStepMillis = System.currentTimeMillis();
    }
    int count = step.minibatch().count();
    samples += count;
    dataNanos += result.dataNanos();
    computeNanos += result.computeNanos();
    for (int tap = 0; tap < lossSums.length; tap++) {
      double loss = result.losses()[tap];
      lossSums[tap] += loss * count;
      if (faults.isEmpty() && !Double.isFinite(loss)) {
        faults = List.of(new Fault(worker, step, tap, "the loss of tap " + tap + " is " + loss));
      }
    }
    return faults.isEmpty();
  }

  long samples() {
    return samples;
  }

  /** Of each tap, the sum over samples of their minibatch's mean loss. */
  double[] lossSums() {
    return lossSums.clone();
  }

  long dataNanos() {
    return dataNanos;
  }

  long computeNanos() {
    return computeNanos;
  }

  long firstStepMillis() {
    return firstStepMillis;
  }

  /** The first loss that was not finite, if there was one. */
  List<Fault> faults() {
    return faults;
  }
}
