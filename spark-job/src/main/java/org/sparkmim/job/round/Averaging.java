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
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import scala.Tuple2;

/**
 * Averages the workers' slices on executors, each worker counting by the samples it trained on.
 *
 * <p>What goes through Spark's shuffle is only who holds a worker's slices, so that Spark knows
 * what to do again when a process is lost; the slices themselves are fetched from their holders.
 * Averager {@code a} of {@code A} takes the positions {@code i} of all vectors with {@code i % A =
 * a}.
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
   * @param remoteBytes of workers' slices that came from other processes
   * @param pastBytes of the state before that came from other processes
   * @param apart how far the workers were from each other
   */
  record Averaged(
      int averager,
      BlockManagerId holder,
      List<Offer> offers,
      long waitNanos,
      long averageNanos,
      long remoteBytes,
      long pastBytes,
      Apart apart)
      implements Serializable {
    Averaged {
      offers = List.copyOf(offers);
    }
  }

  /**
   * What is averaged, and under which groups.
   *
   * @param before the state that the round began with
   * @param from group of the workers' slices
   * @param into group of the means
   * @param samples samples of each worker's share
   */
  record Task(Handout before, int from, int into, List<Long> samples, RunObserver observer)
      implements Serializable {
    Task {
      samples = List.copyOf(samples);
    }

    private int positions() {
      return FlatState.slicesOfVector(before.size());
    }
  }

  /** Brings every offer to every averager; each leaves its means as slices of {@code task.into}. */
  static JavaRDD<Averaged> average(JavaPairRDD<Integer, Offer> offers, int averagers, Task task) {
    JavaPairRDD<Integer, Offer> dealt = offers.partitionBy(new HashPartitioner(averagers));
    int shuffle = ((ShuffleDependency<?, ?, ?>) dealt.rdd().dependencies().head()).shuffleId();
    JavaRDD<Averaged> averaged = dealt.mapPartitions(new Averager(task, averagers, shuffle));
    return task.before().rule().isPlain()
        ? averaged
        : new PlacedRdd<>(averaged.rdd(), task.before().holders()).toJavaRDD();
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
        Apart none = new Apart(new double[offers.size()], 0);
        return List.of(new Averaged(averager, SliceBlocks.here(), offers, 0, 0, 0, 0, none))
            .iterator();
      }
      try {
        return List.of(average(averager, offers)).iterator();
      } catch (SliceLostException e) {
        if (e.slice().group() != task.from()) {
          // Only the driver can make the state before again.
          throw e;
        }
        throw trainAgain(e, offers, averager);
      }
    }

    private Averaged average(int averager, List<Offer> offers) {
      double[] weights =
          offers.stream().mapToDouble(offer -> task.samples().get(offer.worker())).toArray();
      long begin = System.nanoTime();
      try (Slices slices = new Slices(averager, offers)) {
        Mean mean = new Mean(weights);
        OuterStep outer = new OuterStep(task.before().rule(), mean);
        for (int position = averager; position < task.positions(); position += averagers) {
          task.observer().before(Phase.AVERAGE, "slice " + position);
          for (Vector vector : FlatState.OF_WORKERS) {
            slices.average(position, vector, mean, outer);
          }
        }
        long waited = slices.offered.waitNanos() + slices.past.waitNanos();
        return new Averaged(
            averager,
            SliceBlocks.here(),
            offers,
            waited,
            System.nanoTime() - begin - waited,
            slices.offered.remoteBytes(),
            slices.past.remoteBytes(),
            mean.apart());
      }
    }

    /** The slices that an averager takes and gives, in one order. */
    private final class Slices implements AutoCloseable {
      private final Handout before = task.before();
      private final AveragingRule rule = before.rule();
      private final int workers;
      private final List<SliceRef> refs = new ArrayList<>();
      private final SliceFetch offered;
      private final SliceFetch past;
      private int taken;

      Slices(int averager, List<Offer> offers) {
        workers = offers.size();
        List<SliceRef> pastRefs = new ArrayList<>();
        int count = FlatState.sliceCount(before.size());
        for (int position = averager; position < task.positions(); position += averagers) {
          for (Vector vector : FlatState.OF_WORKERS) {
            for (Offer offer : offers) {
              int index =
                  Math.addExact(
                      Math.multiplyExact(offer.worker(), count), before.index(vector, position));
              refs.add(new SliceRef(task.from(), index, offer.holder()));
            }
          }
          if (!rule.isPlain()) {
            pastRefs.add(before.ref(before.index(Vector.PARAMETERS, position)));
            for (Vector vector : rule.outerVectors()) {
              pastRefs.add(before.ref(before.index(vector, position)));
            }
          }
        }
        offered = new SliceFetch(refs);
        past = new SliceFetch(pastRefs);
      }

      void average(int position, Vector vector, Mean mean, OuterStep outer) {
        List<ByteBuffer> given = offered.next(workers);
        int floats = FlatState.sliceFloats(before.size(), position);
        Exchange as = rule.offeredAs(vector);
        if (vector != Vector.PARAMETERS || rule.isPlain()) {
          put(
              before.index(vector, position),
              as,
              mean.of(given, as, floats, vector == Vector.PARAMETERS),
              given,
              floats);
        } else {
          OuterStep.Slices next =
              outer.step(given, past.next(1 + rule.outerVectors().size()), floats);
          put(before.index(vector, position), Exchange.F32, next.parameters(), given, floats);
          if (rule.outer().hasMomentum()) {
            put(
                before.index(Vector.OUTER_MOMENTUM, position),
                Exchange.F32,
                next.momentum(),
                given,
                floats);
          }
          if (rule.isRounded()) {
            put(
                before.index(Vector.RESIDUAL, position),
                Exchange.F32,
                next.residual(),
                given,
                floats);
            put(before.changeIndex(position), rule.exchange(), next.change(), given, floats);
          }
        }
        taken += workers;
      }

      private void put(int index, Exchange as, byte[] slice, List<ByteBuffer> given, int floats) {
        // A mean of finite numbers is finite, so this pass sees every number of every worker.
        if (!Finite.all(as, ByteBuffer.wrap(slice), floats)) {
          throw damaged(given, floats);
        }
        SliceBlocks.put(task.into(), index, slice);
      }

      private RuntimeException damaged(List<ByteBuffer> given, int floats) {
        for (int worker = 0; worker < workers; worker++) {
          SliceRef ref = refs.get(taken + worker);
          Vector vector =
              FlatState.vectorOf(ref.index() % FlatState.sliceCount(before.size()), before.size());
          if (!Finite.all(rule.offeredAs(vector), given.get(worker), floats)) {
            return SliceLostException.damaged(ref);
          }
        }
        return MimException.failed(
            "The outer step left the range of float32: training diverged. Start a new run with a"
                + " lower train.outer.lr or train.base-lr.");
      }

      @Override
      public void close() {
        offered.close();
        past.close();
      }
    }

    /** Tells Spark which worker's share must be done again. */
    private FetchFailedException trainAgain(
        SliceLostException lost, List<Offer> offers, int averager) {
      int worker = lost.slice().index() / FlatState.sliceCount(task.before().size());
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
