package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.data.order.SampleOrder;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.optim.Optimizer;

final class MinibatchLoaderTest {
  private static final int SAMPLES = 21;
  private static final int BATCH = 3;
  private static final long SEED = 5;

  /** What loaders began to fill. */
  private static final Queue<String> FILLED = new ConcurrentLinkedQueue<>();

  private static final RunObserver COUNTING =
      (phase, what) -> {
        if (phase == Phase.DECODE) {
          FILLED.add(what);
        }
      };

  @TempDir static Path directory;
  private static Dataset dataset;

  @BeforeAll
  static void ingest() {
    dataset = Dataset.open(new Configuration(), TinyImages.dataset(directory, SAMPLES).toString());
  }

  @BeforeEach
  void forget() {
    FILLED.clear();
  }

  @Test
  void nextSharesAreLoadedAheadAndNoSampleComesTwice() {
    List<Long> taken = new ArrayList<>();
    try (MinibatchLoader loader = loader()) {
      for (int round = 0; round < 3; round++) {
        List<MinibatchRef> share = refs(2 * round, 2 * round + 2);
        assertThat(loader.awaits(share.get(0))).isEqualTo(round > 0);
        loader.begin(share, refs(2 * round + 2, Math.min(7, 2 * round + 4)), COUNTING);
        share.forEach(ref -> taken.addAll(take(loader, ref)));
      }
    }
    assertThat(taken).doesNotHaveDuplicates().hasSize(6 * BATCH);
    assertThat(FILLED).doesNotHaveDuplicates();
  }

  @Test
  void whatWasLoadedForAnotherShareIsDropped() {
    try (MinibatchLoader loader = loader()) {
      loader.begin(refs(0, 1), refs(1, 3), COUNTING);
      take(loader, ref(0));
      loader.begin(refs(4, 6), refs(6, 7), COUNTING);
      take(loader, ref(4));
      take(loader, ref(5));
      assertThat(loader.awaits(ref(6))).isTrue();
    }
  }

  @Test
  void aFailureOfTheNextShareLeavesThisOneAlone() {
    RunObserver failing =
        (phase, what) -> {
          if (phase == Phase.DECODE && what.equals(ref(1).toPath())) {
            throw new IllegalStateException("no such sample");
          }
        };
    try (MinibatchLoader loader = loader()) {
      loader.begin(refs(0, 1), refs(1, 2), failing);
      take(loader, ref(0));
      // Not wanted after all, so that its failure does not matter.
      loader.begin(refs(2, 3), List.of(), failing);
      take(loader, ref(2));
    }
  }

  /** Takes the next minibatch, which must be that one; gives its samples. */
  private static List<Long> take(MinibatchLoader loader, MinibatchRef ref) {
    Minibatch batch = loader.take();
    List<Long> samples = new ArrayList<>();
    SampleOrder order = new SampleOrder(SEED, ref.epoch(), SAMPLES);
    for (int row = 0; row < ref.count(); row++) {
      assertThat(batch.sampleIds()[row]).isEqualTo(order.at(ref.first() + row));
      samples.add(batch.sampleIds()[row]);
    }
    loader.recycle(batch);
    return samples;
  }

  private static MinibatchRef ref(int number) {
    return new MinibatchRef(0, (long) BATCH * number, BATCH);
  }

  private static List<MinibatchRef> refs(int from, int to) {
    List<MinibatchRef> refs = new ArrayList<>();
    for (int number = from; number < to; number++) {
      refs.add(ref(number));
    }
    return refs;
  }

  private static MinibatchLoader loader() {
    NetworkReplicas recipe =
        new NetworkReplicas(
            new NetworkReplicas.Recipe(
                dataset.uri(),
                dataset.hash(),
                NoiseReplicas.tinySpec(),
                EngineSpec.of("reference", "f32"),
                BATCH,
                new Optimizer.Sgd(),
                Augmentation.from(Recipe.load(Optional.empty(), Map.of()).section("data")),
                new LoaderSettings(2, 3),
                SEED,
                1),
            new Configuration());
    return new MinibatchLoader(recipe, dataset);
  }
}
