package org.sparkmim.job.round;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.HashPartitioner;
import org.apache.spark.ShuffleDependency;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.shuffle.FetchFailedException;
import org.apache.spark.storage.BlockManagerId;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import scala.Tuple2;

/**
 * Averages the workers' slices on executors, each worker counting by the samples it trained on.
 *
 * <p>What goes through Spark's shuffle is only who holds a worker's slices, so that Spark knows
 * what to do again when a process is lost; the slices themselves are fetched from their holders.
 * Averager {@code a} of {@code A} takes the slices {@code i} with {@code i % A = a}.
 */
final class Averaging {
  private Averaging() {}

  /**
   * A worker's slices, offered by its process under the numbers {@code worker * slices + slice}.
   *
   * @param task the attempt that offered them, as Spark counts
   * @param mapIndex its place in its stage
   */
  record Offer(int worker, BlockManagerId holder, long task, int mapIndex, WorkerReport report)
      implements Serializable {}

  /**
   * What an averager did.
   *
   * @param holder where its means are; there are none if a worker had a fault
   * @param offers of all workers, in their order
   * @param waitNanos spent on waiting for other processes
   * @param averageNanos spent on sums
   * @param remoteBytes of slices that came from other processes
   */
  record Averaged(
      int averager,
      BlockManagerId holder,
      List<Offer> offers,
      long waitNanos,
      long averageNanos,
      long remoteBytes)
      implements Serializable {
    Averaged {
      offers = List.copyOf(offers);
    }
  }

  /**
   * What is averaged, and under which groups.
   *
   * @param from group of the workers' slices
   * @param into group of the means
   * @param size parameters of a state
   * @param samples samples of each worker's share
   */
  record Task(int from, int into, long size, List<Long> samples, RunObserver observer)
      implements Serializable {
    Task {
      samples = List.copyOf(samples);
    }
  }

  /** Brings every offer to every averager; each leaves its means as slices of {@code task.into}. */
  static JavaRDD<Averaged> average(JavaPairRDD<Integer, Offer> offers, int averagers, Task task) {
    JavaPairRDD<Integer, Offer> dealt = offers.partitionBy(new HashPartitioner(averagers));
    int shuffle = ((ShuffleDependency<?, ?, ?>) dealt.rdd().dependencies().head()).shuffleId();
    return dealt.mapPartitions(new Averager(task, averagers, shuffle));
  }

  private record Averager(Task task, int averagers, int shuffle)
      implements FlatMapFunction<Iterator<Tuple2<Integer, Offer>>, Averaged> {
    @Override
    public Iterator<Averaged> call(Iterator<Tuple2<Integer, Offer>> records)
        throws FetchFailedException {
      List<Offer> offers = new ArrayList<>();
      records.forEachRemaining(record -> offers.add(record._2()));
      // Always in this order, so that sums do not depend on who was first.
      offers.sort(Comparator.comparingInt(Offer::worker));
      int averager = TaskContext.getPartitionId();
      if (offers.stream().anyMatch(offer -> !offer.report().faults().isEmpty())) {
        return List.of(new Averaged(averager, SliceBlocks.here(), offers, 0, 0, 0)).iterator();
      }
      try {
        return List.of(average(averager, offers)).iterator();
      } catch (SliceLostException e) {
        throw trainAgain(e, offers, averager);
      }
    }

    private Averaged average(int averager, List<Offer> offers) {
      int slices = FlatState.sliceCount(task.size());
      List<SliceRef> refs = new ArrayList<>();
      for (int slice = averager; slice < slices; slice += averagers) {
        for (Offer offer : offers) {
          int index = Math.addExact(Math.multiplyExact(offer.worker(), slices), slice);
          refs.add(new SliceRef(task.from(), index, offer.holder()));
        }
      }
      double[] weights =
          offers.stream().mapToDouble(offer -> task.samples().get(offer.worker())).toArray();
      Mean mean = new Mean(weights);
      long begin = System.nanoTime();
      int at = 0;
      try (SliceFetch fetch = new SliceFetch(refs)) {
        for (int slice = averager; slice < slices; slice += averagers) {
          task.observer().before(Phase.AVERAGE, "slice " + slice);
          List<ByteBuffer> given = fetch.next(weights.length);
          byte[] means = mean.of(given);
          // A mean of finite numbers is finite, so this pass sees every number of every worker.
          if (!Finite.all(means)) {
            throw damaged(given, refs.subList(at, at + given.size()));
          }
          SliceBlocks.put(task.into(), slice, means);
          at += given.size();
        }
        return new Averaged(
            averager,
            SliceBlocks.here(),
            offers,
            fetch.waitNanos(),
            System.nanoTime() - begin - fetch.waitNanos(),
            fetch.remoteBytes());
      }
    }

    private static SliceLostException damaged(List<ByteBuffer> given, List<SliceRef> refs) {
      int bad = 0;
      while (Finite.all(given.get(bad))) {
        bad++;
      }
      return SliceLostException.damaged(refs.get(bad));
    }

    /** Tells Spark which worker's share must be done again. */
    private FetchFailedException trainAgain(
        SliceLostException lost, List<Offer> offers, int averager) {
      int worker = lost.slice().index() / FlatState.sliceCount(task.size());
      Offer offer =
          offers.stream().filter(each -> each.worker() == worker).findFirst().orElseThrow();
      return new FetchFailedException(
          offer.holder(),
          shuffle,
          offer.task(),
          offer.mapIndex(),
          averager,
          lost.getMessage(),
          lost);
    }
  }
}
