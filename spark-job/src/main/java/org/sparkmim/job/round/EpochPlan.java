package org.sparkmim.job.round;

import java.util.ArrayList;
import java.util.List;

/**
 * How an epoch's samples are dealt out: pure functions of the data's size, the position and the
 * workers.
 *
 * <p>Every sample of an epoch is consumed exactly once. What is left of an epoch, R samples, takes
 * k = ceil(R / (workers * batch)) more steps, and the next step takes ceil(R / k) of them: all
 * steps of an epoch have nearly the same size, and none is a small remainder that would make a
 * noisy update. A step's samples are dealt to the workers as consecutive stretches whose lengths
 * differ by one at most. Rows of a minibatch that stay empty weigh nothing in the loss.
 *
 * @param samples samples in the dataset
 * @param workers workers W
 * @param batch rows of a worker's minibatch
 */
public record EpochPlan(long samples, int workers, int batch) {
  public EpochPlan {
    if (samples < 1 || workers < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "No plan for " + samples + " samples, " + workers + " workers, batch " + batch);
    }
  }

  /** Samples that the step at {@code position} takes. */
  public long stepSamples(long position) {
    long rest = samples - position;
    return ceil(rest, stepsFrom(position));
  }

  /** Steps from {@code position} to the end of the epoch. */
  public long stepsFrom(long position) {
    return ceil(samples - position, (long) workers * batch);
  }

  /**
   * The minibatches of an epoch from {@code position} on: step after step, in every step one for
   * each worker, in worker order.
   */
  public List<MinibatchRef> minibatches(int epoch, long position) {
    List<MinibatchRef> refs = new ArrayList<>();
    for (long first = position; first < samples; ) {
      long size = stepSamples(first);
      for (int worker = 0; worker < workers; worker++) {
        long from = size * worker / workers;
        long to = size * (worker + 1) / workers;
        refs.add(new MinibatchRef(epoch, first + from, (int) (to - from)));
      }
      first += size;
    }
    return refs;
  }

  private static long ceil(long a, long b) {
    return (a + b - 1) / b;
  }
}
