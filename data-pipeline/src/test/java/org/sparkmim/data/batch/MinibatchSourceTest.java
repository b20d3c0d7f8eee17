package org.sparkmim.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.data.image.Normalisation;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.data.ingest.Inputs;
import org.sparkmim.data.ingest.LocalSpark;
import org.sparkmim.data.order.Masking;
import org.sparkmim.data.target.Hog;

@Timeout(60)
class MinibatchSourceTest {
  private static final Config SETTINGS = ConfigFactory.load().getConfig("mim.data");
  private static final Augmentation AUGMENTATION = Augmentation.from(SETTINGS);
  private static final BatchShape SHAPE = new BatchShape(32, 8, 4, new int[] {2, 4, 8, 16}, 9);

  @TempDir static Path directory;
  private static Dataset dataset;

  @BeforeAll
  static void ingest() throws IOException {
    dataset = ingestTo("data");
  }

  private static Dataset ingestTo(String name) throws IOException {
    Path input = Inputs.classFolders(directory.resolve("in"));
    String output = directory.resolve(name).toUri().toString();
    Ingest.run(LocalSpark.with(2), IngestSettings.from(SETTINGS, input.toUri().toString(), output));
    return Dataset.open(new Configuration(false), output);
  }

  private static Minibatch fill(int size, long seed, long epoch, long first) {
    Minibatch batch = new Minibatch(SHAPE, size);
    try (MinibatchSource source = new MinibatchSource(dataset, SHAPE, AUGMENTATION, seed)) {
      source.fill(batch, epoch, first);
    }
    return batch;
  }

  @Test
  void givesASampleTheSameCropAndMaskOnEveryWorker() {
    Minibatch together = fill(12, 5, 3, 0);
    try (MinibatchSource other = new MinibatchSource(dataset, SHAPE, AUGMENTATION, 5)) {
      Minibatch alone = new Minibatch(SHAPE, 1);
      for (int position = 11; position >= 0; position--) {
        other.fill(alone, 3, position);
        int row = SHAPE.keep() * SHAPE.patchDim();
        assertThat(alone.sampleIds()[0]).isEqualTo(together.sampleIds()[position]);
        assertThat(alone.labels()[0]).isEqualTo(together.labels()[position]);
        assertThat(alone.patches()).isEqualTo(slice(together.patches(), position, row));
        assertThat(alone.keepIds()).isEqualTo(slice(together.keepIds(), position, SHAPE.keep()));
        for (int k = 0; k < SHAPE.taps(); k++) {
          int cells = SHAPE.cells(k);
          assertThat(alone.targets()[k])
              .isEqualTo(slice(together.targets()[k], position, cells * SHAPE.targetDim()));
          assertThat(alone.weights()[k]).isEqualTo(slice(together.weights()[k], position, cells));
        }
      }
    }
  }

  @Test
  void visitsEverySampleOnceAnEpochAndGoesOnInTheNext() {
    Minibatch batch = fill(30, 1, 0, 0);
    Set<Long> firstEpoch = new HashSet<>();
    Set<Long> secondEpoch = new HashSet<>();
    for (int i = 0; i < 12; i++) {
      firstEpoch.add(batch.sampleIds()[i]);
      secondEpoch.add(batch.sampleIds()[12 + i]);
    }
    assertThat(firstEpoch).hasSize(12).isEqualTo(secondEpoch);
    assertThat(slice(batch.sampleIds(), 1, 12)).isEqualTo(fill(12, 1, 1, 0).sampleIds());
    assertThat(slice(batch.sampleIds(), 1, 12)).isNotEqualTo(slice(batch.sampleIds(), 0, 12));
  }

  @Test
  void tellsTheClockEveryStageOfEverySampleInOrder() {
    List<StageClock.Stage> told = new ArrayList<>();
    Minibatch timed = new Minibatch(SHAPE, 2);
    try (MinibatchSource source = new MinibatchSource(dataset, SHAPE, AUGMENTATION, 5, told::add)) {
      source.fill(timed, 0, 3);
    }
    List<StageClock.Stage> stages = List.of(StageClock.Stage.values());
    assertThat(told.subList(0, stages.size())).isEqualTo(stages);
    assertThat(told.subList(stages.size(), told.size())).isEqualTo(stages);
    assertThat(timed.patches()).isEqualTo(fill(2, 5, 0, 3).patches());
  }

  @Test
  void changesCropsAndMasksFromEpochToEpoch() {
    try (MinibatchSource source = new MinibatchSource(dataset, SHAPE, AUGMENTATION, 1)) {
      Minibatch batch = new Minibatch(SHAPE, 2);
      source.fillSample(batch, 0, 0, 7);
      source.fillSample(batch, 1, 1, 7);
      int cells = SHAPE.cells(0) * SHAPE.targetDim();
      assertThat(slice(batch.targets()[0], 0, cells))
          .isNotEqualTo(slice(batch.targets()[0], 1, cells));
      assertThat(slice(batch.restoreIds(), 0, 16)).isNotEqualTo(slice(batch.restoreIds(), 1, 16));
    }
  }

  @Test
  void cutsVisiblePatchesAndTargetsOutOfOneCrop() {
    try (MinibatchSource source = new MinibatchSource(dataset, SHAPE, AUGMENTATION, 9)) {
      byte[] crop = source.loadCrop(2, 5).clone();
      Minibatch batch = new Minibatch(SHAPE, 1);
      source.fillSample(batch, 0, 2, 5);
      float[][] hog = Hog.pyramid(crop, 32, 32, SHAPE.cellSizes(), 9);
      Masking.Mask mask = new Masking.Mask(batch.keepIds(), batch.restoreIds());
      for (int k = 0; k < SHAPE.taps(); k++) {
        assertThat(batch.targets()[k]).isEqualTo(hog[k]);
        assertThat(batch.weights()[k]).isEqualTo(Masking.cellWeights(mask, 4, 4 / Math.pow(2, k)));
      }
      for (int rank = 0; rank < 4; rank++) {
        int token = batch.keepIds()[rank];
        assertThat(batch.restoreIds()[token]).isEqualTo(rank);
        for (int i = 0; i < 192; i++) {
          int channel = i / 64;
          int y = token / 4 * 8 + i % 64 / 8;
          int x = token % 4 * 8 + i % 8;
          float value = (crop[(channel * 32 + y) * 32 + x] & 0xff) / 255f;
          float wanted = (value - Normalisation.mean(channel)) / Normalisation.std(channel);
          assertThat(batch.patches()[rank * 192 + i]).isEqualTo(wanted);
        }
      }
    }
  }

  @Test
  void surfacesADamagedSampleByNameThroughThePrefetcher() throws Exception {
    Dataset damaged = ingestTo("damaged");
    Path shard = directory.resolve("damaged/shards/train-00000.tar");
    byte[] bytes = Files.readAllBytes(shard);
    int at = (int) damaged.index().offset()[6];
    Arrays.fill(bytes, at, at + damaged.index().length()[6], (byte) 7);
    Files.write(shard, bytes);
    List<Minibatch> slots = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      slots.add(new Minibatch(SHAPE, 2));
    }
    try (Prefetcher<Minibatch> prefetcher =
        new Prefetcher<>("loader", slots, 2, () -> new Filler(damaged))) {
      for (int i = 0; i < 6; i++) {
        prefetcher.submit(2L * i);
      }
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 6; i++) {
                  prefetcher.recycle(prefetcher.take());
                }
              })
          .isInstanceOf(DataException.class)
          .hasMessageContaining("sample 6 (")
          .hasMessageContaining("train-00000.tar, byte " + at);
    }
  }

  private static final class Filler implements Prefetcher.Filler<Minibatch> {
    private final MinibatchSource source;

    Filler(Dataset dataset) {
      source = new MinibatchSource(dataset, SHAPE, AUGMENTATION, 0);
    }

    @Override
    public void fill(Minibatch slot, long ticket) {
      source.fill(slot, 0, ticket);
    }

    @Override
    public void close() {
      source.close();
    }
  }

  @Test
  void loadsWholePicturesForEvaluation() {
    try (EvaluationBatches batches = new EvaluationBatches(dataset, 16, 8)) {
      float[] patches = new float[3 * 4 * 192];
      int[] labels = new int[3];
      batches.fill(3, 3, patches, labels);
      assertThat(labels).containsExactly(0, 1, 1);
      byte[] crop = batches.centreCrop(4).clone();
      for (int i = 0; i < 192; i++) {
        int channel = i / 64;
        int y = 8 + i % 64 / 8;
        int x = i % 8;
        float value = (crop[(channel * 16 + y) * 16 + x] & 0xff) / 255f;
        float wanted = (value - Normalisation.mean(channel)) / Normalisation.std(channel);
        assertThat(patches[(4 + 2) * 192 + i]).as("third patch of the second").isEqualTo(wanted);
      }
    }
    assertThatThrownBy(() -> new EvaluationBatches(dataset, 20, 8))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("multiple of the patch size 8, got 20");
  }

  private static float[] slice(float[] all, int index, int length) {
    return Arrays.copyOfRange(all, index * length, (index + 1) * length);
  }

  private static int[] slice(int[] all, int index, int length) {
    return Arrays.copyOfRange(all, index * length, (index + 1) * length);
  }

  private static long[] slice(long[] all, int index, int length) {
    return Arrays.copyOfRange(all, index * length, (index + 1) * length);
  }
}
