package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;

final class PretrainingTest {
  /** 21 images, 8 a step: 3 steps an epoch, in rounds of 2 and 1; 2 epochs are 4 rounds. */
  private static final Map<String, String> TINY =
      TinyModel.with(
          Map.entry("train.workers", "2"),
          Map.entry("train.batch-size", "4"),
          Map.entry("train.local-steps", "2"),
          Map.entry("train.epochs", "2"),
          Map.entry("train.warmup-epochs", "1"),
          Map.entry("train.base-lr", "0.01"),
          Map.entry("train.checkpoint.every-rounds", "1"));

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path shared;
  private static Path dataset;
  private static byte[] undisturbedModel;
  private static byte[] undisturbedOptimizer;

  @TempDir Path directory;
  private final StringWriter said = new StringWriter();

  @BeforeAll
  static void trainOnce() throws IOException {
    dataset = TinyImages.dataset(shared, 21);
    Path run = shared.resolve("undisturbed");
    Pretraining.prepare(
            recipe(Map.of()), "test", new Configuration(), dataset.toString(), run.toString())
        .run(LocalSpark.context(), surroundings(new StringWriter(), RunObserver.NONE));
    undisturbedModel = last(run, "model.safetensors");
    undisturbedOptimizer = last(run, "optimizer.safetensors");
  }

  @BeforeEach
  void arm() {
    PASSED.set(0);
  }

  @Test
  void aRunLeavesItsRecordItsCheckpointsAndALineARound() throws IOException {
    Path run = shared.resolve("undisturbed");
    List<JsonNode> rounds = metrics(run);
    assertThat(rounds).extracting(line -> line.get("round").asInt()).containsExactly(1, 2, 3, 4);
    assertThat(rounds).extracting(line -> line.get("step").asInt()).containsExactly(2, 3, 5, 6);
    assertThat(rounds.get(3).get("epoch").asDouble()).isEqualTo(2);
    assertThat(rounds)
        .allSatisfy(
            line -> {
              assertThat(line.get("losses")).hasSize(4);
              assertThat(line.get("loss").asDouble()).isPositive().isFinite();
              assertThat(line.get("images_per_second").asDouble()).isPositive();
              assertThat(line.get("seconds").get("compute").asDouble()).isPositive();
              assertThat(line.get("workers").get("count").asInt()).isEqualTo(2);
            });
    assertThat(rounds.stream().mapToInt(line -> line.get("samples").asInt()).sum()).isEqualTo(42);
    assertThat(rounds.get(0).get("seconds_to_first_step").asDouble()).isPositive();
    assertThat(rounds.stream().skip(1)).noneMatch(line -> line.has("seconds_to_first_step"));
    JsonNode record = JSON.readTree(Files.readString(run.resolve("run.json")));
    assertThat(record.at("/recipe/train.epochs/from").asText()).isEqualTo("-D train.epochs");
    assertThat(names(run.resolve("checkpoints"))).containsExactly("step-00000005", "step-00000006");
  }

  @Test
  void aFinishedRunSaysSoAndStaysAsItIs() throws IOException {
    Path run = shared.resolve("undisturbed");
    train(run, Map.of(), RunObserver.NONE);
    assertThat(said.toString()).contains("Already trained to the end").contains("step-00000006");
    assertThat(last(run, "model.safetensors")).isEqualTo(undisturbedModel);
  }

  @Test
  void theLastEpochMayBeAPartOfOneAndContinuesToTheSameBits() throws IOException {
    Map<String, String> part = Map.of("train.epochs", "1.5");
    Path run = directory.resolve("run");
    train(run, part, RunObserver.NONE);
    assertThat(metrics(run))
        .extracting(line -> line.get("samples").asInt())
        .containsSequence(21 - 14, 11);
    assertThat(metrics(run).get(2).get("epoch").asDouble()).isEqualTo(32 / 21.0);
    train(run, part, RunObserver.NONE);
    assertThat(said.toString()).contains("Already trained to the end");

    Path died = directory.resolve("died");
    assertThatThrownBy(() -> train(died, part, failing(Phase.BROADCAST, 3)))
        .hasMessageContaining("pulled the plug");
    train(died, part, RunObserver.NONE);
    assertThat(last(died, "model.safetensors")).isEqualTo(last(run, "model.safetensors"));
  }

  private static final AtomicInteger PASSED = new AtomicInteger();

  /** Fails when an act is reached for the n-th time, once. */
  private static RunObserver failing(Phase act, int time) {
    return (phase, what) -> {
      if (phase == act && PASSED.incrementAndGet() == time) {
        throw MimException.failed("pulled the plug before " + phase);
      }
    };
  }

  @ParameterizedTest
  @CsvSource({
    "BROADCAST, 1",
    "BROADCAST, 4",
    "OUTER_STEP, 2",
    "BLOB_WRITE, 5",
    "MANIFEST_WRITE, 2",
    "COMMIT_RENAME, 1",
    "COMMIT_RENAME, 3",
    "OLD_CHECKPOINT_DELETE, 1"
  })
  void aRunThatDiesAnywhereContinuesToTheSameBits(Phase act, int time) throws IOException {
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, Map.of(), failing(act, time)))
        .hasMessageContaining("pulled the plug");
    train(run, Map.of(), RunObserver.NONE);

    assertThat(last(run, "model.safetensors")).isEqualTo(undisturbedModel);
    assertThat(last(run, "optimizer.safetensors")).isEqualTo(undisturbedOptimizer);
    assertThat(metrics(run))
        .extracting(line -> line.get("round").asInt())
        .containsExactly(1, 2, 3, 4);
    assertThat(names(run.resolve("checkpoints"))).containsExactly("step-00000005", "step-00000006");
  }

  @ParameterizedTest
  @CsvSource({"nesterov, f32, BROADCAST", "average, int8, OUTER_STEP", "nesterov, bf16, BROADCAST"})
  void whatAveragersKeepIsCommittedAndContinuesToTheSameBits(
      String outer, String exchange, Phase act) throws IOException {
    Map<String, String> keys = Map.of("train.outer.optimizer", outer, "train.exchange", exchange);
    Path quiet = directory.resolve("quiet");
    train(quiet, keys, RunObserver.NONE);
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, keys, failing(act, 3)))
        .hasMessageContaining("pulled the plug");
    ReplicaPool.clear();
    train(run, keys, RunObserver.NONE);
    for (String file : List.of("model.safetensors", "optimizer.safetensors", "outer.safetensors")) {
      assertThat(last(run, file)).as(file).isEqualTo(last(quiet, file));
    }
    assertThat(last(run, "model.safetensors")).isNotEqualTo(undisturbedModel);
    assertThat(shared.resolve("undisturbed/checkpoints/step-00000006/outer.safetensors"))
        .doesNotExist();
    assertThatThrownBy(() -> train(run, Map.of("train.outer.lr", "0.5"), RunObserver.NONE))
        .hasMessageContaining("another run is there");
  }

  @Test
  void aFailedTaskIsRetriedToTheSameBits() throws IOException {
    Path run = directory.resolve("run");
    train(run, Map.of(), failing(Phase.DECODE, 5));
    assertThat(PASSED.get()).isGreaterThan(12);
    assertThat(last(run, "model.safetensors")).isEqualTo(undisturbedModel);
  }

  @Test
  void whatIsLoadedAheadIsWhatTheNextRoundTrainsOn() {
    train(
        directory.resolve("run"),
        Map.of(),
        (phase, what) -> {
          if (phase == Phase.DECODE) {
            PASSED.incrementAndGet();
          }
        });
    // 3 steps of 2 workers in each of 2 epochs: nothing was loaded in vain.
    assertThat(PASSED).hasValue(12);
  }

  @Test
  void askedToStopItCommitsFirst() throws IOException {
    Path run = directory.resolve("run");
    StopRequest stop = StopRequest.byHand();
    Map<String, String> rarely = Map.of("train.checkpoint.every-rounds", "100");
    Pretraining training = prepare(run, rarely);
    stop.ask();
    assertThatThrownBy(
            () ->
                training.run(
                    LocalSpark.context(),
                    new Pretraining.Surroundings(
                        new PrintWriter(said), false, stop, RunObserver.NONE, each -> {})))
        .isInstanceOfSatisfying(
            MimException.class, e -> assertThat(e.kind()).isEqualTo(MimException.Kind.INTERRUPTED));
    assertThat(names(run.resolve("checkpoints"))).containsExactly("step-00000002");
    train(run, rarely, RunObserver.NONE);
    assertThat(said.toString()).contains("from step-00000002");
    assertThat(last(run, "model.safetensors")).isEqualTo(undisturbedModel);
  }

  @Test
  void aDamagedNewestCheckpointIsNamedAndTheOneBeforeTaken() throws IOException {
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, Map.of(), failing(Phase.BROADCAST, 4)))
        .hasMessageContaining("pulled the plug");
    Path newest = run.resolve("checkpoints/step-00000005/model.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length / 2] ^= 4;
    Files.write(newest, bytes);

    train(run, Map.of(), RunObserver.NONE);
    assertThat(said.toString())
        .contains("Damaged checkpoint, not used")
        .contains("step-00000005: model.safetensors has other content")
        .contains("from step-00000003");
    assertThat(last(run, "model.safetensors")).isEqualTo(undisturbedModel);
  }

  @Test
  void aRunContinuesOnAnotherNumberOfWorkersWithEverySampleOnce() throws IOException {
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, Map.of(), failing(Phase.BROADCAST, 2)))
        .hasMessageContaining("pulled the plug");
    PASSED.set(0);
    Map<String, String> three = Map.of("train.workers", "3");
    assertThatThrownBy(() -> train(run, three, failing(Phase.BROADCAST, 2)))
        .hasMessageContaining("pulled the plug");
    train(run, Map.of("train.workers", "1"), RunObserver.NONE);
    List<JsonNode> lines = metrics(run);
    assertThat(lines).extracting(line -> line.at("/workers/count").asInt()).contains(1, 2, 3);
    assertEverySampleOnce(lines, 21, 2);
  }

  @Test
  void aRunMayGoOnWithTargetsThatTheEngineMakes() throws IOException {
    Path quiet = directory.resolve("quiet");
    train(quiet, Map.of("engine.name", "reference"), RunObserver.NONE);
    Path run = directory.resolve("run");
    Map<String, String> made = Map.of("engine.name", "reference", "engine.targets", "device");
    assertThatThrownBy(() -> train(run, made, failing(Phase.BROADCAST, 4)))
        .hasMessageContaining("pulled the plug");
    train(run, Map.of("engine.name", "reference"), RunObserver.NONE);
    List<JsonNode> expected = metrics(quiet);
    List<JsonNode> lines = metrics(run);
    assertThat(lines).hasSameSizeAs(expected);
    for (int round = 0; round < lines.size(); round++) {
      double loss = expected.get(round).get("loss").asDouble();
      assertThat(lines.get(round).get("loss").asDouble()).isCloseTo(loss, within(1e-6 * loss));
    }
    Map<String, String> wrong = Map.of("engine.name", "onednn", "engine.targets", "device");
    assertThatThrownBy(() -> prepare(run, wrong)).hasMessageContaining("only cuda makes targets");
  }

  /** From what a run wrote down: each round's window begins where the one before ended. */
  private static void assertEverySampleOnce(List<JsonNode> lines, long samples, int epochs) {
    long epoch = 0;
    long at = 0;
    for (JsonNode line : lines) {
      JsonNode window = line.get("order");
      assertThat(window.get("epoch").asLong()).isEqualTo(epoch);
      assertThat(window.get("from").asLong()).isEqualTo(at);
      at = window.get("to").asLong();
      assertThat(line.get("samples").asLong()).isEqualTo(at - window.get("from").asLong());
      if (at == samples) {
        at = 0;
        epoch++;
      }
    }
    assertThat(List.of(epoch, at)).containsExactly((long) epochs, 0L);
  }

  @Test
  void everyCheckpointButTheLastIsAnnounced() {
    List<String> announced = new ArrayList<>();
    Checkpoint last =
        prepare(directory.resolve("run"), Map.of())
            .run(
                LocalSpark.context(),
                new Pretraining.Surroundings(
                    new PrintWriter(said),
                    false,
                    StopRequest.byHand(),
                    RunObserver.NONE,
                    checkpoint -> announced.add(checkpoint.name())));
    assertThat(announced).containsExactly("step-00000002", "step-00000003", "step-00000005");
    assertThat(last.name()).isEqualTo("step-00000006");
  }

  @Test
  void whatCannotWorkIsRefusedBeforeAnythingIsWritten() {
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> prepare(run, Map.of("train.batch-size", "11")))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("takes 22 images a step")
        .hasMessageContaining("has 21");
    assertThatThrownBy(() -> prepare(run, Map.of("model.image-size", "30")))
        .hasMessageContaining("model.image-size");
    assertThatThrownBy(() -> prepare(run, Map.of("train.optimizer", "adam")))
        .hasMessageContaining("allowed are adamw, sgd");
    assertThatThrownBy(() -> prepare(run, Map.of("train.workers", "none")))
        .hasMessageContaining("train.workers");
    assertThat(run).doesNotExist();
  }

  private Checkpoint train(Path run, Map<String, String> overrides, RunObserver observer) {
    return prepare(run, overrides).run(LocalSpark.context(), surroundings(said, observer));
  }

  private static Pretraining.Surroundings surroundings(StringWriter said, RunObserver observer) {
    return new Pretraining.Surroundings(
        new PrintWriter(said), false, StopRequest.byHand(), observer, each -> {});
  }

  private static Pretraining prepare(Path run, Map<String, String> overrides) {
    return Pretraining.prepare(
        recipe(overrides), "test", new Configuration(), dataset.toString(), run.toString());
  }

  private static Recipe recipe(Map<String, String> overrides) {
    Map<String, String> all = new LinkedHashMap<>(TINY);
    all.putAll(overrides);
    return Recipe.load(Optional.empty(), all);
  }

  private static byte[] last(Path run, String file) throws IOException {
    List<String> steps = names(run.resolve("checkpoints"));
    return Files.readAllBytes(
        run.resolve("checkpoints").resolve(steps.get(steps.size() - 1)).resolve(file));
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
