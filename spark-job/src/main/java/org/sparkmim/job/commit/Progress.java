package org.sparkmim.job.commit;

import java.util.List;

/**
 * How far a run has come; always the border between two rounds.
 *
 * @param step optimiser steps of every worker: taken, or passed over with their round
 * @param round rounds averaged
 * @param epoch epoch that the next sample belongs to, from 0
 * @param position samples of that epoch already consumed
 * @param badRounds rounds in a row before this border of which nothing was kept
 */
public record Progress(long step, long round, int epoch, long position, int badRounds) {
  public Progress {
    if (step < 0 || round < 0 || epoch < 0 || position < 0 || badRounds < 0) {
      throw new IllegalArgumentException(
          "Progress cannot be negative: "
              + List.of(step, round, (long) epoch, position, (long) badRounds));
    }
  }

  /** The border behind a round that was kept. */
  public Progress(long step, long round, int epoch, long position) {
    this(step, round, epoch, position, 0);
  }

  /** Before the first step. */
  public static Progress start() {
    return new Progress(0, 0, 0, 0);
  }
}
