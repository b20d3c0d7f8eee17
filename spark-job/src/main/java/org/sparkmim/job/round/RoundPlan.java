package org.sparkmim.job.round;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.sparkmim.job.commit.Progress;

/**
 * What every worker does in a round.
 *
 * @param start progress that the round begins at
 * @param end progress once it is averaged
 * @param shares each worker's steps, in worker order; a worker without any sits the round out
 * @param next each worker's minibatches of the round after, so far as they are known
 * @param samples samples of all shares
 * @param rate learning rate of the last step
 */
record RoundPlan(
    Progress start,
    Progress end,
    List<List<LocalStep>> shares,
    List<List<MinibatchRef>> next,
    long samples,
    double rate) {

  /**
   * Plans the next round.
   *
   * @param refs minibatches of the round, step after step, {@code workers} in each step
   * @param next those of the round after, if they are known
   * @param rates learning rate of the step whose first minibatch is given
   * @param endsEpoch whether the epoch's samples are used up after it
   */
  static RoundPlan of(
      Progress start,
      List<MinibatchRef> refs,
      List<MinibatchRef> next,
      int workers,
      ToDoubleFunction<MinibatchRef> rates,
      boolean endsEpoch) {
    if (refs.isEmpty() || refs.size() % workers != 0) {
      throw new IllegalArgumentException(
          refs.size() + " minibatches cannot be dealt to " + workers + " workers in whole steps");
    }
    List<List<LocalStep>> shares = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      shares.add(new ArrayList<>());
    }
    long position = start.position();
    int steps = refs.size() / workers;
    double rate = 0;
    for (int index = 0; index < steps; index++) {
      rate = rates.applyAsDouble(refs.get(index * workers));
      for (int worker = 0; worker < workers; worker++) {
        MinibatchRef ref = refs.get(index * workers + worker);
        if (ref.epoch() != start.epoch() || ref.first() != position) {
          throw new IllegalArgumentException(
              ref.toPath()
                  + " does not continue epoch "
                  + start.epoch()
                  + " at position "
                  + position);
        }
        position += ref.count();
        if (ref.count() > 0) {
          shares.get(worker).add(new LocalStep(ref, start.step() + index + 1, rate));
        }
      }
    }
    Progress end =
        new Progress(
            start.step() + steps,
            start.round() + 1,
            endsEpoch ? start.epoch() + 1 : start.epoch(),
            endsEpoch ? 0 : position);
    return new RoundPlan(
        start, end, shares, deal(next, workers), position - start.position(), rate);
  }

  private static List<List<MinibatchRef>> deal(List<MinibatchRef> refs, int workers) {
    List<List<MinibatchRef>> dealt = new ArrayList<>();
    for (int worker = 0; worker < workers; worker++) {
      List<MinibatchRef> own = new ArrayList<>();
      for (int index = worker; index < refs.size(); index += workers) {
        if (refs.get(index).count() > 0) {
          own.add(refs.get(index));
        }
      }
      dealt.add(own);
    }
    return dealt;
  }
}
