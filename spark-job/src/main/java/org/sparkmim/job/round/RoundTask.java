package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.model.engine.ParameterVectors;
import scala.Tuple2;

/**
 * One worker's share of a round: from the state handed out, through its local steps, to its own
 * state in slices that averagers can fetch. A pure function of the state and the share, so that a
 * retry, a lost executor or a speculative copy gives the same bits. A number that is not finite is
 * a result too, so that no retry is wasted on it.
 *
 * @param averagers who are told of the slices
 * @param group under which they are offered
 */
record RoundTask(
    Handout state, int group, int averagers, ReplicaFactory factory, RunObserver observer)
    implements PairFlatMapFunction<Iterator<RoundTask.Share>, Integer, Averaging.Offer> {

  /**
   * A worker's steps.
   *
   * @param next its minibatches of the round after, so far as they are known
   */
  record Share(int worker, List<LocalStep> steps, List<MinibatchRef> next) implements Serializable {
    Share {
      steps = List.copyOf(steps);
      next = List.copyOf(next);
    }
  }

  @Override
  public Iterator<Tuple2<Integer, Averaging.Offer>> call(Iterator<Share> shares) {
    if (!shares.hasNext()) {
      return Collections.emptyIterator();
    }
    Share share = shares.next();
    if (shares.hasNext()) {
      throw new IllegalStateException("A task of a round trains one worker, and got two");
    }
    WorkerReport report = trainOnReplica(share);
    TaskContext task = TaskContext.get();
    Averaging.Offer offer =
        new Averaging.Offer(
            share.worker(), SliceBlocks.here(), task.taskAttemptId(), task.partitionId(), report);
    List<Tuple2<Integer, Averaging.Offer>> told = new ArrayList<>();
    for (int averager = 0; averager < averagers; averager++) {
      told.add(new Tuple2<>(averager, offer));
    }
    return told.iterator();
  }

  private WorkerReport trainOnReplica(Share share) {
    ReplicaPool.Pooled pooled = ReplicaPool.take(factory, share.steps().get(0).minibatch());
    WorkerReport report;
    try {
      report = train(share, pooled.replica(), pooled.known());
    } catch (RuntimeException | Error failure) {
      closeAfter(failure, pooled.replica());
      throw failure;
    }
    if (report.faults().isEmpty()) {
      ReplicaPool.giveBack(factory, pooled);
    } else {
      // It may be in any state.
      pooled.replica().close();
    }
    return report;
  }

  /** What went wrong is the news, not what a device that failed says next. */
  private static void closeAfter(Throwable failure, Replica replica) {
    try {
      replica.close();
    } catch (RuntimeException | Error second) {
      failure.addSuppressed(second);
    }
  }

  private WorkerReport train(Share share, Replica replica, KnownParameters known) {
    long begin = System.nanoTime();
    // Samples are loaded while the state comes in.
    replica.begin(share.steps(), share.next(), observer);
    Handout.Traffic traffic = state.copyTo(replica.state(), known);
    // All of this state is here now: the one before is not needed to make it again.
    SliceBlocks.dropBefore(state.group());
    long inPlace = System.nanoTime();
    StepTally tally = new StepTally(share.worker());
    for (LocalStep step : share.steps()) {
      // A job that is cancelled only marks its tasks: they would go on to the round's end.
      TaskContext.get().killTaskIfInterrupted();
      observer.before(Phase.STEP, step.minibatch().toPath());
      if (!tally.add(step, replica.step())) {
        break;
      }
    }
    long trained = System.nanoTime();
    boolean sound = tally.faults().isEmpty() && offer(share.worker(), replica.state(), known);
    return new WorkerReport(
        tally.samples(),
        tally.lossSums(),
        inPlace - begin,
        trained - inPlace,
        tally.dataNanos(),
        tally.computeNanos(),
        System.nanoTime() - trained,
        tally.firstStepMillis(),
        traffic.fromDriver(),
        traffic.fromAveragers(),
        sound ? List.of() : List.of(firstFault(share, replica, known)));
  }

  /**
   * Copies the replica's state out, so that the replica is free for another share.
   *
   * @return whether all of it is finite; if not, some slices are not offered
   */
  private boolean offer(int worker, ParameterVectors vectors, KnownParameters known) {
    int slices = FlatState.sliceCount(vectors.size());
    RoundedOffer rounded = new RoundedOffer(state.rule(), known);
    for (int slice = 0; slice < slices; slice++) {
      observer.before(Phase.SLICE_SEND, "slice " + slice + " of worker " + worker);
      boolean whole = !state.rule().isRounded();
      byte[] copy = whole ? FlatState.slice(vectors, slice) : rounded.slice(vectors, slice);
      if (whole ? !Finite.all(copy) : copy.length == 0) {
        return false;
      }
      int index = Math.addExact(Math.multiplyExact(worker, slices), slice);
      SliceBlocks.replace(group, index, copy);
    }
    return true;
  }

  /**
   * Does the share again, to the same bits, with a look at the state after every step: losses can
   * stay finite while the state does not, or show it only steps later.
   */
  private Fault firstFault(Share share, Replica replica, KnownParameters known) {
    replica.begin(share.steps(), List.of(), observer);
    ParameterVectors vectors = replica.state();
    state.copyTo(vectors, known);
    StepTally tally = new StepTally(share.worker());
    for (LocalStep step : share.steps()) {
      if (!tally.add(step, replica.step())) {
        return tally.faults().get(0);
      }
      for (int slice = 0; slice < FlatState.sliceCount(vectors.size()); slice++) {
        if (!Finite.all(FlatState.slice(vectors, slice))) {
          String vector = FlatState.vectorOf(slice, vectors.size()).description();
          return new Fault(
              share.worker(), step, Fault.STATE, "a number of the " + vector + " is not finite");
        }
      }
    }
    throw new IllegalStateException(
        "The state of worker "
            + share.worker()
            + " was not finite, and is when its share is done again: this machine cannot be trusted");
  }
}
