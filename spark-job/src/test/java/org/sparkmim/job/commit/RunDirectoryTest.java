package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.Tensor;

final class RunDirectoryTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SIZE = FlatState.SLICE_FLOATS + 7L;
  private static final StateFiles FILES =
      new StateFiles(
          List.of(
              new TensorRange("head.bias", List.of(7L), FlatState.SLICE_FLOATS),
              new TensorRange("head.weight", List.of(2L, FlatState.SLICE_FLOATS / 2L), 0)),
          List.of(Tensor.floats("pos_embed", List.of(1L, 2L), new float[] {0.5f, -0.5f})),
          Map.of("method", "localmim"));

  @TempDir Path directory;
  private final Configuration hadoop = new Configuration();

  @Test
  void aStateComesBackBitForBit() throws IOException {
    FlatState state = noise(3);
    Progress progress = new Progress(12, 3, 1, 40);
    try (RunDirectory run = open("run", record("abc", Map.of()))) {
      assertThat(run.newest().checkpoint()).isEmpty();
      run.commit(FILES, state, progress, 2);
      Checkpoint checkpoint = run.newest().checkpoint().orElseThrow();

      assertThat(checkpoint.progress()).isEqualTo(progress);
      assertSame(checkpoint.state(FILES), state);
    }
    Path model = directory.resolve("run/checkpoints/step-00000012/model.safetensors");
    try (var weights = Safetensors.open(model)) {
      assertThat(weights.metadata()).containsEntry("method", "localmim");
      assertThat(weights.floats("pos_embed")).containsExactly(0.5f, -0.5f);
      assertThat(weights.tensor("head.weight").shape())
          .containsExactly(2L, FlatState.SLICE_FLOATS / 2L);
    }
  }

  @Test
  void offHeapVectorsSurviveTheWayThroughSlices() {
    FlatState state = noise(5);
    try (ParameterVectors vectors = ParameterVectors.allocate(SIZE)) {
      state.copyTo(vectors);
      assertSame(FlatState.copyOf(vectors), state);
      float last = vectors.secondMoment().get(SIZE - 1);
      float[] read = new float[1];
      state.values(Vector.SECOND_MOMENT).read(SIZE - 1, read, 1);
      assertThat(last).isEqualTo(read[0]);
    }
  }

  @Test
  void anotherRecipeOrDatasetIsAnotherRun() {
    open("run", record("abc", Map.of())).close();

    assertThatThrownBy(() -> open("run", record("abc", Map.of("train.epochs", "7"))))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("train.epochs is 100 there and 7 here");
    assertThatThrownBy(() -> open("run", record("def", Map.of())))
        .hasMessageContaining("another dataset");
  }

  @Test
  void theSameRunMayMoveAndCountItsWorkersAnew() {
    open("run", record("abc", Map.of())).close();
    open("run", record("abc", Map.of("train.workers", "5", "train.checkpoint.keep", "9"))).close();
    open("run", record("abc", Map.of("train.epochs", "100", "train.base-lr", "0.0002"))).close();
    assertThat(directory.resolve("run/run.json")).content().contains("-D train.base-lr");
  }

  @Test
  void twoProcessesCannotTrainIntoOneRun() {
    try (RunDirectory first = open("run", record("abc", Map.of()))) {
      assertThat(first.path().getName()).isEqualTo("run");
      assertThatThrownBy(() -> open("run", record("abc", Map.of())))
          .hasMessageContaining("another process is training there");
    }
    open("run", record("abc", Map.of())).close();
  }

  @Test
  void aDirectoryOfSomebodyElseIsLeftAlone() throws IOException {
    Files.createDirectories(directory.resolve("thesis"));
    Files.writeString(directory.resolve("thesis/chapter1.tex"), "x");
    Files.writeString(directory.resolve("file"), "x");

    assertThatThrownBy(() -> open("thesis", record("abc", Map.of())))
        .hasMessageContaining("chapter1.tex");
    assertThatThrownBy(() -> open("file", record("abc", Map.of())))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("it is a file");
    assertThatThrownBy(() -> open("file/run", record("abc", Map.of())))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("Cannot write a run");
    assertThat(directory.resolve("thesis")).isDirectoryNotContaining(p -> p.endsWith("run.json"));
  }

  @Test
  void metricsBeyondTheResumedRoundAreDropped() throws IOException {
    try (RunDirectory run = open("run", record("abc", Map.of()))) {
      MetricsLog log = run.metrics(0);
      for (long round = 1; round <= 4; round++) {
        log.add(JSON.createObjectNode().put("round", round));
      }
      log.flush();
      Path file = directory.resolve("run/metrics.jsonl");
      Files.writeString(file, Files.readString(file) + "{\"round\": 5, \"lo");
      MetricsLog resumed = run.metrics(2);
      assertThat(file).hasContent("{\"round\":1}\n{\"round\":2}\n");
      resumed.add(JSON.createObjectNode().put("round", 3));
      assertThat(file).hasContent("{\"round\":1}\n{\"round\":2}\n{\"round\":3}\n");
    }
  }

  @Test
  void aNamedCheckpointIsOpenedAndADamagedOneRefused() throws IOException {
    try (RunDirectory run = open("run", record("abc", Map.of()))) {
      run.commit(FILES, noise(1), new Progress(1, 1, 0, 1), 5);
      run.commit(FILES, noise(2), new Progress(2, 2, 0, 2), 5);
    }
    String root = directory.resolve("run").toString();
    CheckpointsTest.flipLastBit(
        directory.resolve("run/checkpoints/step-00000002/optimizer.safetensors"));

    assertThat(Checkpoint.open(hadoop, root).progress().step()).isEqualTo(1);
    assertThat(Checkpoint.open(hadoop, root).record().datasetHash()).isEqualTo("abc");
    assertThatThrownBy(() -> Checkpoint.open(hadoop, root + "/checkpoints/step-00000002"))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("optimizer.safetensors has other content");
    assertThatThrownBy(() -> Checkpoint.open(hadoop, directory + "/nowhere"))
        .isInstanceOf(MimException.class);
  }

  private RunDirectory open(String name, RunRecord record) {
    return RunDirectory.open(hadoop, directory.resolve(name).toString(), record, RunObserver.NONE);
  }

  private static RunRecord record(String datasetHash, Map<String, String> overrides) {
    return new RunRecord(
        Recipe.load(Optional.empty(), overrides).origins(), "1", "file:/data", datasetHash, 10);
  }

  private static FlatState noise(long seed) {
    Random random = new Random(seed);
    FlatState state = FlatState.zeros(SIZE);
    float[] values = new float[(int) SIZE];
    for (Vector vector : state.vectors()) {
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat();
      }
      state.put(vector, 0, values, values.length);
    }
    return state;
  }

  private static void assertSame(FlatState actual, FlatState expected) {
    assertThat(actual.size()).isEqualTo(expected.size());
    assertThat(LongStream.range(0, FlatState.sliceCount(SIZE)))
        .allSatisfy(
            i -> assertThat(actual.slice(i.intValue())).isEqualTo(expected.slice(i.intValue())));
  }
}
