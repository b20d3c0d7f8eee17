package org.sparkmim.job.round;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.TaskCompletionListener;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import scala.Tuple2;

/**
 * One worker's share of a round: from the broadcast state, through its local steps, to its own
 * state in slices. A pure function of the state and the share, so that a retry, a lost executor or
 * a speculative copy gives the same bits.
 */
final class RoundTask implements PairFlatMapFunction<Iterator<RoundTask.Share>, Integer, byte[]> {
  private static final long serialVersionUID = 1L;

  /** A worker's steps. */
  record Share(int worker, List<LocalStep> steps) implements java.io.Serializable {}

  private final Broadcast<FlatState> state;
  private final int workers;
  private final ReplicaFactory factory;
  private final RunObserver observer;

  RoundTask(Broadcast<FlatState> state, int workers, ReplicaFactory factory, RunObserver observer) {
    this.state = state;
    this.workers = workers;
    this.factory = factory;
    this.observer = observer;
  }

  @Override
  public Iterator<Tuple2<Integer, byte[]>> call(Iterator<Share> shares) {
    if (!shares.hasNext()) {
      return Collections.emptyIterator();
    }
    Share share = shares.next();
    if (shares.hasNext()) {
      throw new IllegalStateException("A task of a round trains one worker, and got two");
    }
    long begin = System.nanoTime();
    Replica replica = ReplicaPool.take(factory);
    Slices slices = new Slices(share.worker(), replica);
    TaskContext.get()
        .addTaskCompletionListener((TaskCompletionListener) context -> slices.release());
    state.value().copyTo(replica.state());
    replica.begin(share.steps(), observer);
    slices.report = train(share, replica, begin);
    return slices;
  }

  private WorkerReport train(Share share, Replica replica, long begin) {
    long samples = 0;
    long data = 0;
    long compute = 0;
    double[] lossSums = null;
    for (LocalStep step : share.steps()) {
      observer.before(Phase.STEP, step.minibatch().toPath());
      Replica.StepResult result = replica.step();
      int count = step.minibatch().count();
      samples += count;
      data += result.dataNanos();
      compute += result.computeNanos();
      if (lossSums == null) {
        lossSums = new double[result.losses().length];
      }
      for (int tap = 0; tap < lossSums.length; tap++) {
        lossSums[tap] += result.losses()[tap] * count;
      }
    }
    return new WorkerReport(samples, lossSums, System.nanoTime() - begin, data, compute);
  }

  /** Reads the replica slice by slice while the shuffle writes; holds one slice at a time. */
  private final class Slices implements Iterator<Tuple2<Integer, byte[]>> {
    private final int worker;
    private final Replica replica;
    private final int count;
    private int next;
    private WorkerReport report;
    private boolean released;

    Slices(int worker, Replica replica) {
      this.worker = worker;
      this.replica = replica;
      this.count = FlatState.sliceCount(replica.state().size());
    }

    @Override
    public boolean hasNext() {
      return next <= count;
    }

    @Override
    public Tuple2<Integer, byte[]> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      int slice = next++;
      observer.before(Phase.SLICE_SEND, "slice " + slice + " of worker " + worker);
      byte[] bytes = slice < count ? FlatState.slice(replica.state(), slice) : report.toBytes();
      return new Tuple2<>(Averaging.key(slice, worker, workers), bytes);
    }

    /** After the task's end: a replica that did not send everything may be in any state. */
    synchronized void release() {
      if (released) {
        return;
      }
      released = true;
      if (hasNext()) {
        replica.close();
      } else {
        ReplicaPool.giveBack(factory, replica);
      }
    }
  }
}
