package org.sparkmim.job.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.batch.MinibatchSource;
import org.sparkmim.data.batch.StageClock;
import org.sparkmim.data.batch.StageClock.Stage;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;

/**
 * Fills minibatches on the calling thread as a loader thread does, and counts the processor time of
 * each stage. A repetition goes on in the sample order where the last one stopped.
 */
public final class DataBench {
  private static final double NANOS = 1e9;

  private final Dataset dataset;
  private final BatchShape shape;
  private final int batch;
  private final Augmentation augmentation;
  private final long seed;

  /**
   * @param batch images of a minibatch
   * @param seed of order, crops and masks
   */
  public DataBench(
      Dataset dataset, BatchShape shape, int batch, Augmentation augmentation, long seed) {
    this.dataset = dataset;
    this.shape = shape;
    this.batch = batch;
    this.augmentation = augmentation;
    this.seed = seed;
  }

  /** Warms up and measures. */
  public DataRates run(Timing timing) {
    CpuClock clock = new CpuClock();
    Minibatch minibatch = new Minibatch(shape, batch);
    List<Repetition> repetitions = new ArrayList<>();
    try (MinibatchSource source = new MinibatchSource(dataset, shape, augmentation, seed, clock)) {
      long images = 0;
      images += repeat(source, minibatch, clock, timing.warmUpSeconds(), images).images();
      for (int i = 0; i < timing.repetitions(); i++) {
        Repetition repetition = repeat(source, minibatch, clock, timing.seconds(), images);
        images += repetition.images();
        repetitions.add(repetition);
      }
    }
    return rates(repetitions);
  }

  private record Repetition(long images, long nanos, long[] stageNanos, long allocatedBytes) {}

  private Repetition repeat(
      MinibatchSource source, Minibatch minibatch, CpuClock clock, double seconds, long from) {
    long images = 0;
    long allocated = ThreadMeter.allocatedBytes();
    clock.restart();
    long begin = clock.last;
    while (clock.last - begin < seconds * NANOS) {
      source.fill(minibatch, 0, from + images);
      images += batch;
    }
    return new Repetition(
        images,
        ThreadMeter.nanos() - begin,
        clock.nanos.clone(),
        ThreadMeter.allocatedBytes() - allocated);
  }

  private static DataRates rates(List<Repetition> repetitions) {
    Map<Stage, Spread> stages = new EnumMap<>(Stage.class);
    for (Stage stage : Stage.values()) {
      stages.put(
          stage,
          Spread.of(
              repetitions.stream()
                  .mapToDouble(r -> r.images() * NANOS / r.stageNanos()[stage.ordinal()])
                  .toArray()));
    }
    return new DataRates(
        stages,
        Spread.of(repetitions.stream().mapToDouble(r -> r.images() * NANOS / r.nanos()).toArray()),
        Spread.of(
            repetitions.stream()
                .mapToDouble(r -> (double) r.allocatedBytes() / r.images())
                .toArray()),
        repetitions.stream().mapToLong(Repetition::images).sum());
  }

  /** Adds up the thread's processor time per stage. */
  private static final class CpuClock implements StageClock {
    private final long[] nanos = new long[Stage.values().length];
    private long last;

    void restart() {
      Arrays.fill(nanos, 0);
      last = ThreadMeter.nanos();
    }

    @Override
    public void finished(Stage stage) {
      long now = ThreadMeter.nanos();
      nanos[stage.ordinal()] += now - last;
      last = now;
    }
  }
}
