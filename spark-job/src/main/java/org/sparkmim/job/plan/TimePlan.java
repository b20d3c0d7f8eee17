package org.sparkmim.job.plan;

import org.sparkmim.job.round.TrainSettings;

/**
 * How long a training takes: a round's steps, what averaging adds, and commits.
 *
 * @param traffic between processes
 * @param pace of the processes
 */
record TimePlan(TrainSettings train, Traffic traffic, Pace pace) {
  /** Times that averaging copies or reads a worker's state; see doc/speed.md. */
  private static final double PASSES = 10;

  /** Spark's scheduling of a round's two stages. */
  private static final double SCHEDULING_SECONDS = 0.08;

  /** Rounds of a training on a dataset of {@code samples}. */
  static long rounds(TrainSettings train, long samples) {
    long wholeEpochs = (long) Math.floor(train.epochs());
    long rest = Math.round((train.epochs() - wholeEpochs) * samples);
    // A round never reaches over the end of an epoch.
    return wholeEpochs * ceil(samples, imagesPerRound(train)) + ceil(rest, imagesPerRound(train));
  }

  /** Images of a round, of all workers. */
  private static long imagesPerRound(TrainSettings train) {
    return (long) train.localSteps() * train.batch() * train.workers();
  }

  /** Seconds of steps and loading in a round. */
  double trainingSeconds() {
    // Embedded workers share the cores; on a cluster each has its own.
    return imagesPerRound(train) / (double) traffic.processes() * pace.secondsPerImage();
  }

  /** Seconds that a round takes beside its steps. */
  double averagingSeconds() {
    int workersPerProcess = train.workers() / traffic.processes();
    int copiers = Math.min(workersPerProcess, pace.cores());
    double copies =
        PASSES * traffic.stateBytes() * workersPerProcess / (pace.copyBytesPerSecond() * copiers);
    double moved = traffic.workerToAveragers() + traffic.averagersToWorker();
    return SCHEDULING_SECONDS + copies + moved / pace.linkBytesPerSecond();
  }

  /** Seconds of a whole round without a commit. */
  double roundSeconds() {
    return trainingSeconds() + averagingSeconds();
  }

  /** Seconds of a commit, in which nothing trains. */
  double commitSeconds() {
    return traffic.stateBytes() / pace.commitBytesPerSecond()
        + traffic.commitToDriver() / pace.linkBytesPerSecond();
  }

  /** Seconds of a whole training, without start and evaluation. */
  double totalSeconds(long samples) {
    // The last round of an epoch is as long as what is left.
    double fullRounds = train.epochs() * samples / imagesPerRound(train);
    long rounds = rounds(train, samples);
    return fullRounds * trainingSeconds()
        + rounds * averagingSeconds()
        + commits(samples) * commitSeconds();
  }

  /** Commits of a whole training. */
  long commits(long samples) {
    return ceil(rounds(train, samples), train.everyRounds());
  }

  private static long ceil(long a, long b) {
    return (a + b - 1) / b;
  }
}
