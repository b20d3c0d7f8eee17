package org.sparkmim.job.commit;

/**
 * How far a run has come; always the border between two rounds.
 *
 * @param step optimiser steps taken by every worker
 * @param round rounds averaged
 * @param epoch epoch that the next sample belongs to, from 0
 * @param position samples of that epoch already consumed
 */
public record Progress(long step, long round, int epoch, long position) {
  public Progress {
    if (step < 0 || round < 0 || epoch < 0 || position < 0) {
      throw new IllegalArgumentException(
          "Progress cannot be negative: " + step + ", " + round + ", " + epoch + ", " + position);
    }
  }

  /** Before the first step. */
  public static Progress start() {
    return new Progress(0, 0, 0, 0);
  }
}
