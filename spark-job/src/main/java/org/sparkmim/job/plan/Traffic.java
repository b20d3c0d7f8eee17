package org.sparkmim.job.plan;

/**
 * What rounds and commits move between processes, in bytes.
 *
 * @param exchangedBytes of a training state as workers and averagers exchange it
 * @param stateBytes of the state that a commit brings to the driver
 * @param processes that workers run in: one each on a cluster, 1 embedded
 */
record Traffic(long exchangedBytes, long stateBytes, int processes) {
  /** A worker's slices that other processes average, in a round. */
  long workerToAveragers() {
    return toOthers();
  }

  /** Means that a worker fetches from other processes, in a round. */
  long averagersToWorker() {
    return toOthers();
  }

  /** What the driver receives for a commit, and before that only numbers. */
  long commitToDriver() {
    return processes == 1 ? 0 : stateBytes;
  }

  private long toOthers() {
    return exchangedBytes / processes * (processes - 1);
  }
}
