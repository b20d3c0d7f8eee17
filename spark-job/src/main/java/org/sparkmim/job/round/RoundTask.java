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
 * retry, a lost executor or a speculative copy gives the same bits.
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
    Replica replica = ReplicaPool.take(factory, share.steps().get(0).minibatch());
    boolean finished = false;
    try {
      WorkerReport report = train(share, replica);
      finished = true;
      return report;
    } finally {
      if (finished) {
        ReplicaPool.giveBack(factory, replica);
      } else {
        // It may be in any state.
        replica.close();
      }
    }
  }

  private WorkerReport train(Share share, Replica replica) {
    long begin = System.nanoTime();
    SliceBlocks.dropBefore(state.group());
    // Samples are loaded while the state comes in.
    replica.begin(share.steps(), share.next(), observer);
    Handout.Traffic traffic = state.copyTo(replica.state());
    long inPlace = System.nanoTime();
    long samples = 0;
    long data = 0;
    long compute = 0;
    long firstStepMillis = 0;
    double[] lossSums = null;
    for (LocalStep step : share.steps()) {
      // A job that is cancelled only marks its tasks: they would go on to the round's end.
      TaskContext.get().killTaskIfInterrupted();
      observer.before(Phase.STEP, step.minibatch().toPath());
      Replica.StepResult result = replica.step();
      int count = step.minibatch().count();
      samples += count;
      data += result.dataNanos();
      compute += result.computeNanos();
      if (lossSums == null) {
        lossSums = new double[result.losses().length];
        firstStepMillis = System.currentTimeMillis();
      }
      for (int tap = 0; tap < lossSums.length; tap++) {
        lossSums[tap] += result.losses()[tap] * count;
      }
    }
    long trained = System.nanoTime();
    offer(share.worker(), replica.state());
    return new WorkerReport(
        samples,
        lossSums,
        inPlace - begin,
        trained - inPlace,
        data,
        compute,
        System.nanoTime() - trained,
        firstStepMillis,
        traffic.fromDriver(),
        traffic.fromAveragers());
  }

  /** Copies the replica's state out, so that the replica is free for another share. */
  private void offer(int worker, ParameterVectors vectors) {
    int slices = FlatState.sliceCount(vectors.size());
    for (int slice = 0; slice < slices; slice++) {
      observer.before(Phase.SLICE_SEND, "slice " + slice + " of worker " + worker);
      int index = Math.addExact(Math.multiplyExact(worker, slices), slice);
      SliceBlocks.put(group, index, FlatState.slice(vectors, slice));
    }
  }
}
