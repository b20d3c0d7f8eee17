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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.data.image.Normalisation;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.data.ingest.Inputs;
import org.sparkmim.data.ingest.LocalSpark;
import org.sparkmim.data.order.MaskStrategy;
import org.sparkmim.data.order.Masking;
import org.sparkmim.data.target.Hog;
import org.sparkmim.data.target.TargetKind;

@Timeout(60)
class MinibatchSourceTest {
  private static final Config SETTINGS = ConfigFactory.load().getConfig("mim.data");
  private static final Augmentation AUGMENTATION = Augmentation.from(SETTINGS);
  private static final int[] CELLS = {2, 4, 8, 16};
  private static final BatchShape SHAPE =
      shape(new MaskStrategy.RandomPatches(), new TargetKind.HogCells(9));

  private static BatchShape shape(MaskStrategy masking, TargetKind target) {
    int[] cells = target.wantsAllPatches() ? new int[0] : CELLS;
    return new BatchShape(32, 8, 4, masking, cells, target);
  }

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
    return fill(SHAPE, size, seed, epoch, first);
  }

  private static Minibatch fill(BatchShape shape, int size, long seed, long epoch, long first) {
    Minibatch batch = new Minibatch(shape, size);
    try (MinibatchSource source = new MinibatchSource(dataset, shape, AUGMENTATION, seed)) {
      source.fill(batch, epoch, first);
    }
    return batch;
  }

  private static List<BatchShape> shapes() {
    return List.of(
        SHAPE,
        shape(new MaskStrategy.RandomPatches(), TargetKind.HogCells.biased(9, 4, 7)),
        shape(new MaskStrategy.RandomUnits(16, false), new TargetKind.Pixels(true)),
        shape(new MaskStrategy.Blockwise(2, 0.3), new TargetKind.Pixels(false)),
        shape(new MaskStrategy.Attentive(), new TargetKind.None()),
        shape(new MaskStrategy.RandomPatches(), new TargetKind.None()));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givesASampleTheSameCropMaskAndTargetOnEveryWorker(BatchShape shape) {
    Minibatch together = fill(shape, 12, 5, 3, 0);
    try (MinibatchSource other = new MinibatchSource(dataset, shape, AUGMENTATION, 5)) {
      Minibatch alone = new Minibatch(shape, 1);
      for (int position = 11; position >= 0; position--) {
        other.fill(alone, 3, position);
        int row = shape.heldPatches() * shape.patchDim();
        assertThat(alone.sampleIds()[0]).isEqualTo(together.sampleIds()[position]);
        assertThat(alone.labels()[0]).isEqualTo(together.labels()[position]);
        assertThat(alone.patches()).isEqualTo(slice(together.patches(), position, row));
        assertThat(alone.keepIds()).isEqualTo(slice(together.keepIds(), position, shape.keep()));
        assertThat(alone.noise())
            .isEqualTo(slice(together.noise(), position, alone.noise().length));
        for (int k = 0; k < shape.taps(); k++) {
          int cells = shape.cells(k);
          assertThat(alone.targets()[k])
              .isEqualTo(slice(together.targets()[k], position, cells * shape.targetDim(k)));
          assertThat(alone.weights()[k]).isEqualTo(slice(together.weights()[k], position, cells));
        }
      }
    }
  }

  @Test
  void givesABatchTheMaskOfItsFirstSampleWhereMasksAreShared() {
    BatchShape shared = shape(new MaskStrategy.RandomUnits(16, true), new TargetKind.Pixels(true));
    BatchShape own = shape(new MaskStrategy.RandomUnits(16, false), new TargetKind.Pixels(true));
    Minibatch batch = fill(shared, 6, 5, 1, 3);
    Minibatch first = fill(own, 1, 5, 1, 3);
    for (int b = 0; b < 6; b++) {
      assertThat(slice(batch.keepIds(), b, 4)).isEqualTo(first.keepIds());
      assertThat(slice(batch.restoreIds(), b, 16)).isEqualTo(first.restoreIds());
      for (int k = 0; k < shared.taps(); k++) {
        assertThat(slice(batch.weights()[k], b, shared.cells(k))).isEqualTo(first.weights()[k]);
      }
    }
    assertThat(fill(own, 6, 5, 1, 3).keepIds()).isNotEqualTo(batch.keepIds());
  }

  @Test
  void handsATeacherEveryPatchInRasterOrderAndNumbersToMaskWith() {
    Minibatch all = fill(shape(new MaskStrategy.Attentive(), new TargetKind.None()), 2, 5, 0, 3);
    Minibatch visible = fill(2, 5, 0, 3);
    for (int b = 0; b < 2; b++) {
      float[] noise = slice(all.noise(), b, 16);
      assertThat(Masking.rank(noise, 4).keepIds())
          .as("the numbers that a random mask ranks by")
          .isEqualTo(slice(visible.keepIds(), b, 4));
      for (int k = 0; k < 4; k++) {
        int token = visible.keepIds()[b * 4 + k];
        assertThat(slice(visible.patches(), b * 4 + k, 192))
            .isEqualTo(slice(all.patches(), b * 16 + token, 192));
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
      int cells = SHAPE.cells(0) * SHAPE.targetDim(0);
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
