package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.Inspection;
import org.sparkmim.data.dataset.SampleReader;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.TinyImages;
import org.sparkmim.model.weights.Tensor;

/** Whatever rots is found before it is used, by name, and costs no more than itself. */
final class DamageAtRestTest {
  private static final StateFiles FILES =
      new StateFiles(
          List.of(
              new TensorRange("head.bias", List.of(7L), 0),
              new TensorRange("head.weight", List.of(3L, 7L), 7)),
          List.of(Tensor.floats("pos_embed", List.of(1L, 2L), new float[] {0.5f, -0.5f})),
          Map.of("method", "localmim"));

  @TempDir Path directory;
  private final Configuration hadoop = new Configuration();
  private int tried;

  @Test
  void damageToACheckpointIsFoundAndTheOneBeforeIsTaken() throws IOException {
    damageACheckpoint(1);
  }

  @Test
  void damageToADatasetIsFoundBeforeAnyOfItIsTrainedOn() throws IOException {
    damageADataset(1);
  }

  @Test
  @Tag("chaos")
  void everyBitOfACheckpointCounts() throws IOException {
    damageACheckpoint(8);
  }

  @Test
  @Tag("chaos")
  void everyBitOfADatasetCounts() throws IOException {
    damageADataset(8);
  }

  private void damageACheckpoint(int bits) throws IOException {
    Path run = directory.resolve("run");
    RunRecord record =
        new RunRecord(
            Recipe.load(Optional.empty(), Map.of()).origins(), "1", "file:/data", "abc", 10);
    try (RunDirectory open = RunDirectory.open(hadoop, run.toString(), record, RunObserver.NONE)) {
      FlatState state = FlatState.zeros(28);
      open.commit(FILES, state, new Progress(1, 1, 0, 1), 2);
      open.commit(FILES, state, new Progress(2, 2, 0, 2), 2);
      Path newest = run.resolve("checkpoints/step-00000002");
      for (Path file : files(newest)) {
        String name = file.getFileName().toString();
        assertEachIsFound(
            file,
            bits,
            damage -> {
              RunDirectory.Resumable found = open.newest();
              assertThat(found.checkpoint().orElseThrow().name()).isEqualTo("step-00000001");
              assertThat(found.damaged()).singleElement().asString().contains(name);
              assertThatThrownBy(() -> Checkpoint.open(hadoop, newest.toString()))
                  .isInstanceOf(MimException.class)
                  .hasMessageContaining(name)
                  .hasMessageContaining("Take another one");
            });
      }
      assertThat(open.newest().damaged()).isEmpty();
    }
    report("checkpoint");
  }

  private void damageADataset(int bits) throws IOException {
    Path data = TinyImages.dataset(directory, 9);
    for (Path file : files(data)) {
      String name = file.getFileName().toString();
      String folder = data.relativize(file.getParent()).toString();
      assertEachIsFound(
          file,
          bits,
          damage -> {
            if (!folder.isEmpty()) {
              assertThat(Inspection.of(hadoop, data.toString()).damage())
                  .singleElement()
                  .asString()
                  .contains(name);
            }
            switch (folder) {
              case "", "index" -> assertRefuses(() -> Dataset.open(hadoop, data.toString()), name);
              case "shards" -> assertTrainsOnNothingDamaged(data, damage, name);
              case "quarantine" -> assertThat(Dataset.open(hadoop, data.toString())).isNotNull();
              default -> throw new AssertionError("Nobody looks after " + file);
            }
          });
    }
    assertThat(Inspection.of(hadoop, data.toString()).sound()).isTrue();
    report("dataset");
  }

  /** Another size shows when the dataset is opened, another picture when it is read. */
  private void assertTrainsOnNothingDamaged(Path data, Damage damage, String name) {
    if (damage.at() < 0) {
      assertRefuses(() -> Dataset.open(hadoop, data.toString()), name);
      return;
    }
    Dataset dataset = Dataset.open(hadoop, data.toString());
    try (SampleReader reader = new SampleReader(dataset)) {
      for (int id = 0; id < dataset.size(); id++) {
        long begin = dataset.index().offset()[id];
        int sample = id;
        if (damage.at() >= begin && damage.at() < begin + dataset.index().length()[id]) {
          assertRefuses(() -> reader.read(sample), name);
        } else {
          assertThat(reader.read(sample)).isPositive();
        }
      }
    }
  }

  private static void assertRefuses(Runnable act, String name) {
    assertThatThrownBy(act::run)
        .isInstanceOfSatisfying(
            DataException.class, e -> assertThat(e.kind()).isEqualTo(DataException.Kind.INPUT))
        .hasMessageContaining(name)
        .message()
        .matches("(?s).*(restore|ingest|Run 'mim ).*");
  }

  /** Looks at one damage. */
  private interface Look {
    void at(Damage damage) throws IOException;
  }

  private void assertEachIsFound(Path file, int bits, Look look) throws IOException {
    byte[] sound = Files.readAllBytes(file);
    for (Damage damage : Damage.of(sound, bits)) {
      damage.befall(file);
      try {
        look.at(damage);
      } catch (IOException | RuntimeException | AssertionError e) {
        throw new AssertionError(file + ": " + damage.describe(), e);
      }
      tried++;
    }
    Files.write(file, sound);
  }

  /** Whatever was not detected has failed before it came here. */
  private void report(String what) {
    System.out.printf("damage to a %s: tried %d, detected %d%n", what, tried, tried);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> files = all.filter(Files::isRegularFile).sorted().toList();
      assertThat(files).hasSizeGreaterThanOrEqualTo(4);
      return files;
    }
  }
}
