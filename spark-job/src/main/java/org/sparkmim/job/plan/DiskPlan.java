package org.sparkmim.job.plan;

import org.sparkmim.job.round.TrainSettings;

/**
 * The space that a run takes.
 *
 * @param stateBytes of a training state, which a checkpoint holds whole
 */
record DiskPlan(TrainSettings train, long stateBytes) {
  /** A line of metrics.jsonl. */
  private static final long LINE_BYTES = 900;

  /** Report with its pictures, record and scores. */
  private static final long PAGE_BYTES = 2L << 20;

  /** Between two commits. */
  long restingBytes(long rounds) {
    return train.keep() * stateBytes + rounds * LINE_BYTES + PAGE_BYTES;
  }

  /** While a commit is written, before an old one goes. */
  long peakBytes(long rounds) {
    return restingBytes(rounds) + stateBytes;
  }
}
