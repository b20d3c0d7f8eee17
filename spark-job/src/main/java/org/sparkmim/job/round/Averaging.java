package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.function.PairFlatMapFunction;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import scala.Tuple2;

/**
 * Averages the workers' slices on executors, each worker counting by the samples it trained on.
 *
 * <p>Records travel under the key {@code slice * workers + worker}; a slice's records meet in one
 * partition, sorted by worker, so that sums do not depend on which worker was first. Sums are kept
 * in double, where the mean of one worker is that worker, bit for bit. The records of a slice
 * number {@code slices} are reports and pass unchanged.
 */
final class Averaging {
  private Averaging() {}

  static int key(int slice, int worker, int workers) {
    return Math.addExact(Math.multiplyExact(slice, workers), worker);
  }

  /**
   * The mean of each slice under the slice's number, and each worker's report under {@code slices +
   * worker}.
   *
   * @param samples samples of each worker's share
   */
  static JavaPairRDD<Integer, byte[]> average(
      JavaPairRDD<Integer, byte[]> records,
      int slices,
      long[] samples,
      int partitions,
      RunObserver observer) {
    return records
        .repartitionAndSortWithinPartitions(new BySlice(samples.length, partitions))
        .mapPartitionsToPair(new Means(slices, samples, observer));
  }

  /** Brings a slice's records together. */
  private static final class BySlice extends Partitioner {
    private static final long serialVersionUID = 1L;
    private final int workers;
    private final int partitions;

    BySlice(int workers, int partitions) {
      this.workers = workers;
      this.partitions = partitions;
    }

    @Override
    public int numPartitions() {
      return partitions;
    }

    @Override
    public int getPartition(Object key) {
      return (Integer) key / workers % partitions;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof BySlice that
          && workers == that.workers
          && partitions == that.partitions;
    }

    @Override
    public int hashCode() {
      return 31 * workers + partitions;
    }
  }

  /** Sums runs of records with the same slice. */
  private static final class Means
      implements PairFlatMapFunction<Iterator<Tuple2<Integer, byte[]>>, Integer, byte[]> {
    private static final long serialVersionUID = 1L;
    private final int slices;
    private final long[] samples;
    private final RunObserver observer;

    Means(int slices, long[] samples, RunObserver observer) {
      this.slices = slices;
      this.samples = samples;
      this.observer = observer;
    }

    @Override
    public Iterator<Tuple2<Integer, byte[]>> call(Iterator<Tuple2<Integer, byte[]>> records) {
      List<Tuple2<Integer, byte[]>> means = new ArrayList<>();
      Mean mean = null;
      int summed = -1;
      while (records.hasNext()) {
        Tuple2<Integer, byte[]> record = records.next();
        int slice = record._1() / samples.length;
        int worker = record._1() % samples.length;
        if (slice == slices) {
          means.add(new Tuple2<>(slices + worker, record._2()));
          continue;
        }
        if (slice != summed) {
          if (mean != null) {
            means.add(new Tuple2<>(summed, mean.bytes()));
          }
          observer.before(Phase.AVERAGE, "slice " + slice);
          mean = new Mean(record._2().length);
          summed = slice;
        }
        mean.add(record._2(), samples[worker]);
      }
      if (mean != null) {
        means.add(new Tuple2<>(summed, mean.bytes()));
      }
      return means.iterator();
    }
  }

  /** The running mean of little-endian float32 slices. */
  private static final class Mean {
    private final double[] sums;
    private double weights;

    Mean(int bytes) {
      sums = new double[bytes / Float.BYTES];
    }

    void add(byte[] slice, double weight) {
      FloatBuffer values = ByteBuffer.wrap(slice).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
      for (int i = 0; i < sums.length; i++) {
        // Starting from the first worker, not from 0, keeps the sign of its zeros.
        sums[i] = weights == 0 ? weight * values.get(i) : sums[i] + weight * values.get(i);
      }
      weights += weight;
    }

    byte[] bytes() {
      ByteBuffer bytes =
          ByteBuffer.allocate(sums.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (double sum : sums) {
        bytes.putFloat((float) (sum / weights));
      }
      return bytes.array();
    }
  }
}
