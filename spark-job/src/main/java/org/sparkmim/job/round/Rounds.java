package org.sparkmim.job.round;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import scala.Tuple2;

/** Runs rounds as Spark jobs: state out, local steps, averaged state back. */
final class Rounds {
  /** Bytes of workers' slices that one averaging task holds at most, about. */
  private static final long PARTITION_BYTES = 256L << 20;

  private final JavaSparkContext spark;
  private final ReplicaFactory factory;
  private final RunObserver observer;

  Rounds(JavaSparkContext spark, ReplicaFactory factory, RunObserver observer) {
    this.spark = spark;
    this.factory = factory;
    this.observer = observer;
  }

  /**
   * What a round gave.
   *
   * @param state mean of the workers' states, by their samples
   * @param reports of the workers that took part
   * @param broadcastNanos spent on handing the state out
   * @param nanos of the whole round
   * @param workerBytes that the workers sent to the averaging
   */
  record Result(
      FlatState state,
      List<WorkerReport> reports,
      long broadcastNanos,
      long nanos,
      long workerBytes) {}

  /** Runs one round; {@code state} is not changed. */
  Result run(FlatState state, RoundPlan plan) {
    long begin = System.nanoTime();
    int workers = plan.shares().size();
    List<RoundTask.Share> shares = new ArrayList<>();
    long[] samples = new long[workers];
    for (int worker = 0; worker < workers; worker++) {
      for (LocalStep step : plan.shares().get(worker)) {
        samples[worker] += step.minibatch().count();
      }
      if (samples[worker] > 0) {
        shares.add(new RoundTask.Share(worker, plan.shares().get(worker)));
      }
    }
    observer.before(Phase.BROADCAST, "round " + plan.end().round());
    Broadcast<FlatState> sent = spark.broadcast(state);
    long handedOut = System.nanoTime();
    int slices = FlatState.sliceCount(state.size());
    long bytes = shares.size() * state.bytes();
    int partitions =
        Math.toIntExact(Math.max(shares.size(), (bytes + PARTITION_BYTES - 1) / PARTITION_BYTES));
    JavaPairRDD<Integer, byte[]> averaged =
        Averaging.average(
            spark
                .parallelize(shares, shares.size())
                .mapPartitionsToPair(new RoundTask(sent, workers, factory, observer)),
            slices,
            samples,
            partitions,
            observer);
    try {
      List<Tuple2<Integer, byte[]>> records = averaged.collect();
      observer.before(Phase.OUTER_STEP, "round " + plan.end().round());
      return result(state.size(), records, shares.size(), begin, handedOut, bytes);
    } finally {
      // Spark would free both only when the driver's garbage collector happens to run.
      averaged.rdd().cleanShuffleDependencies(false);
      sent.destroy();
    }
  }

  private static Result result(
      long size,
      List<Tuple2<Integer, byte[]>> records,
      int workers,
      long begin,
      long handedOut,
      long bytes) {
    byte[][] slices = new byte[FlatState.sliceCount(size)][];
    List<Tuple2<Integer, byte[]>> reports = new ArrayList<>();
    for (Tuple2<Integer, byte[]> record : records) {
      if (record._1() < slices.length) {
        slices[record._1()] = record._2();
      } else {
        reports.add(record);
      }
    }
    if (reports.size() != workers) {
      throw new IllegalStateException(reports.size() + " of " + workers + " workers reported");
    }
    reports.sort((a, b) -> Integer.compare(a._1(), b._1()));
    return new Result(
        FlatState.of(size, slices),
        reports.stream().map(record -> WorkerReport.fromBytes(record._2())).toList(),
        handedOut - begin,
        System.nanoTime() - begin,
        bytes);
  }
}
