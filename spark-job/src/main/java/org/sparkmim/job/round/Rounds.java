package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.BlockManagerId;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;

/**
 * Runs rounds as Spark jobs: state out, local steps, averaged state back.
 *
 * <p>The driver receives each averaged state once. It sends one only where no executor holds it:
 * before the first round, and for slices whose holder was lost. Workers fetch the rest from the
 * averagers of the round before.
 */
final class Rounds implements AutoCloseable {
  /** A round is done again when its result is lost on the way to the driver, so often in all. */
  private static final int ATTEMPTS = 3;

  private final JavaSparkContext spark;
  private final ReplicaFactory factory;
  private final RunObserver observer;
  private FlatState handedOut;
  private Handout handout;

  Rounds(JavaSparkContext spark, ReplicaFactory factory, RunObserver observer) {
    this.spark = spark;
    this.factory = factory;
    this.observer = observer;
  }

  /**
   * What a round gave.
   *
   * @param state mean of the workers' states, by their samples
   * @param averaged what each averager did
   * @param collectNanos spent on bringing the means to the driver
   * @param nanos of the whole round
   * @param collectedBytes of them that came from other processes
   */
  record Result(
      FlatState state,
      List<Averaging.Averaged> averaged,
      long collectNanos,
      long nanos,
      long collectedBytes) {
    /** Of the workers that took part, in their order. */
    List<WorkerReport> reports() {
      return averaged.get(0).reports();
    }
  }

  /** Runs one round; {@code state} is not changed, and must not be by others. */
  Result run(FlatState state, RoundPlan plan) {
    for (int attempt = 1; ; attempt++) {
      try {
        return attempt(state, plan);
      } catch (SliceLostException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private Result attempt(FlatState state, RoundPlan plan) {
    long begin = System.nanoTime();
    List<RoundTask.Share> shares = new ArrayList<>();
    List<Long> samples = new ArrayList<>();
    for (int worker = 0; worker < plan.shares().size(); worker++) {
      List<LocalStep> steps = plan.shares().get(worker);
      samples.add(steps.stream().mapToLong(step -> step.minibatch().count()).sum());
      if (samples.get(worker) > 0) {
        shares.add(new RoundTask.Share(worker, steps));
      }
    }
    observer.before(Phase.BROADCAST, "round " + plan.end().round());
    Handout from = handOut(state);
    int offered = SliceBlocks.newGroup(spark.sc());
    int means = SliceBlocks.newGroup(spark.sc());
    int averagers = shares.size();
    JavaPairRDD<Integer, Averaging.Offer> offers =
        spark
            .parallelize(shares, shares.size())
            .mapPartitionsToPair(new RoundTask(from, offered, averagers, factory, observer));
    JavaRDD<Averaging.Averaged> averaged =
        Averaging.average(
            offers, averagers, new Averaging.Task(offered, means, state.size(), samples, observer));
    boolean finished = false;
    try {
      List<Averaging.Averaged> done = new ArrayList<>(averaged.collect());
      done.sort(Comparator.comparingInt(Averaging.Averaged::averager));
      observer.before(Phase.OUTER_STEP, "round " + plan.end().round());
      Result result = collect(state.size(), means, done, begin);
      finished = true;
      return result;
    } finally {
      // Spark would free them only when the driver's garbage collector happens to run.
      averaged.rdd().cleanShuffleDependencies(false);
      SliceBlocks.drop(spark.sc(), offered);
      if (!finished) {
        SliceBlocks.drop(spark.sc(), means);
      }
    }
  }

  /** Offers a state to workers, unless it is the one that the last round left with them. */
  private Handout handOut(FlatState state) {
    if (handedOut != state) {
      close();
      handout = Handout.ofDriver(SliceBlocks.newGroup(spark.sc()), state);
      handedOut = state;
    }
    return handout;
  }

  /** Brings the means here, where they also serve if an averager is lost. */
  private Result collect(long size, int means, List<Averaging.Averaged> averaged, long begin) {
    long collecting = System.nanoTime();
    BlockManagerId here = SliceBlocks.here();
    List<BlockManagerId> holders = averaged.stream().map(Averaging.Averaged::holder).toList();
    Handout next = new Handout(means, size, holders, here);
    List<SliceRef> refs = next.slices();
    byte[][] slices = new byte[refs.size()][];
    long bytes;
    try (SliceFetch fetch = new SliceFetch(refs)) {
      for (int index = 0; index < slices.length; index++) {
        slices[index] = array(fetch.next(1).get(0));
      }
      bytes = fetch.remoteBytes();
    }
    FlatState state = FlatState.of(size, slices);
    close();
    for (int index = 0; index < slices.length; index++) {
      SliceBlocks.put(means, index, slices[index]);
    }
    handout = next;
    handedOut = state;
    long end = System.nanoTime();
    return new Result(state, averaged, end - collecting, end - begin, bytes);
  }

  /** Slices of this process are arrays already, which nobody changes. */
  private static byte[] array(ByteBuffer slice) {
    if (slice.hasArray() && slice.array().length == slice.remaining()) {
      return slice.array();
    }
    byte[] array = new byte[slice.remaining()];
    slice.duplicate().get(array);
    return array;
  }

  /** Drops the state that executors and driver hold for the next round. */
  @Override
  public void close() {
    if (handout != null) {
      SliceBlocks.drop(spark.sc(), handout.group());
      handout = null;
      handedOut = null;
    }
  }
}
