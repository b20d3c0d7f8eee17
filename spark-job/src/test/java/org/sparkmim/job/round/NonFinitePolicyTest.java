package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.data.order.SampleOrder;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.PoisonedReplicas.Poison;

/** 21 images, 7 a step, one step a round: 3 rounds an epoch, 6 in all. */
final class NonFinitePolicyTest {
  private static final Map<String, String> TINY =
      TinyModel.with(
          Map.entry("engine.name", "reference"),
          Map.entry("train.workers", "2"),
          Map.entry("train.batch-size", "4"),
          Map.entry("train.local-steps", "1"),
          Map.entry("train.epochs", "2"),
          Map.entry("train.warmup-epochs", "0"),
          Map.entry("train.base-lr", "0.01"));

  /** Worker 1 in the fourth round, the first of the second epoch. */
  private static final Map<String, Poison> FOURTH = Map.of("minibatch/1/3/4", Poison.PARAMETER);

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path shared;
  private static Path dataset;

  @TempDir Path directory;
  private final StringWriter said = new StringWriter();

  @BeforeAll
  static void makeData() {
    dataset = TinyImages.dataset(shared, 21);
  }

  @BeforeEach
  void arm() {
    PASSED.set(0);
  }

  @Test
  void failNamesWhatWentWrongAndKeepsNothingOfTheRound() throws IOException {
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, "fail", 1, FOURTH, RunObserver.NONE))
        .isInstanceOfSatisfying(
            MimException.class, e -> assertThat(e.kind()).isEqualTo(MimException.Kind.FAILED))
        .hasMessageContaining("Round 4 is not finite: worker 1, step 4 ")
        .hasMessageContaining("a number of the parameters is not finite")
        .hasMessageContaining("on samples " + ids().get(0) + ", " + ids().get(1))
        .hasMessageContaining("(epoch 1, positions 3 to 6)")
        .hasMessageContaining("-D train.non-finite.policy=skip-round");
    assertThat(metrics(run)).extracting(line -> line.get("round").asInt()).containsExactly(1, 2, 3);
    assertThat(run.resolve("checkpoints/step-00000003")).exists();
    // What the message advises works.
    train(run, "skip-round", 1, FOURTH, RunObserver.NONE);
    assertThat(run.resolve("checkpoints/step-00000006")).exists();
  }

  private static List<Long> ids() {
    SampleOrder order = new SampleOrder(0, 1, 21);
    return List.of(order.at(3), order.at(4), order.at(5), order.at(6));
  }

  @ParameterizedTest
  @CsvSource({"skip-round, 100", "rollback, 2", "rollback, 100"})
  void aBadRoundIsPassedOverAndWrittenDown(String policy, int everyRounds) throws IOException {
    Path run = directory.resolve("run");
    train(run, policy, everyRounds, FOURTH, RunObserver.NONE);
    List<JsonNode> lines = metrics(run);
    assertThat(lines).extracting(line -> line.get("samples").asInt()).containsOnly(7).hasSize(6);
    assertThat(lines)
        .extracting(line -> line.has("skipped"))
        .containsExactly(false, false, false, true, false, false);
    JsonNode skipped = lines.get(3);
    assertThat(skipped.get("order").toString()).isEqualTo("{\"epoch\":1,\"from\":0,\"to\":7}");
    assertThat(skipped.at("/skipped/policy").asText()).isEqualTo(policy);
    JsonNode fault = skipped.at("/skipped/faults/0");
    assertThat(fault.get("worker").asInt()).isEqualTo(1);
    assertThat(fault.get("step").asInt()).isEqualTo(4);
    assertThat(fault.get("samples").toString()).isEqualTo(JSON.valueToTree(ids()).toString());
    assertThat(skipped.has("loss")).isFalse();
    assertThat(said.toString()).contains("Round 4 is not finite").contains("behind its samples");
  }

  @ParameterizedTest
  @CsvSource({"skip-round, 2, 6", "rollback, 2, 6", "skip-round, 3, 3", "rollback, 100, 5"})
  void aRunWithABadRoundThatDiesContinuesToTheSameBits(String policy, int everyRounds, int dies)
      throws IOException {
    Path quiet = directory.resolve("quiet");
    train(quiet, policy, everyRounds, FOURTH, RunObserver.NONE);
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, policy, everyRounds, FOURTH, failing(dies)))
        .hasMessageContaining("pulled the plug");
    train(run, policy, everyRounds, FOURTH, RunObserver.NONE);
    assertThat(last(run)).isEqualTo(last(quiet));
  }

  @Test
  void whereTheNewestCheckpointIsTheStateBeforeTheRoundBothPoliciesAreOne() throws IOException {
    Path skipped = directory.resolve("skipped");
    Path rolledBack = directory.resolve("rolled-back");
    Path far = directory.resolve("far");
    train(skipped, "skip-round", 1, FOURTH, RunObserver.NONE);
    train(rolledBack, "rollback", 1, FOURTH, RunObserver.NONE);
    train(far, "rollback", 100, FOURTH, RunObserver.NONE);
    assertThat(last(rolledBack)).isEqualTo(last(skipped));
    assertThat(last(far)).isNotEqualTo(last(skipped));
  }

  @Test
  void tooManyBadRoundsInARowEndTheTrainingAndAreCountedOverARestart() {
    Map<String, Poison> allOfTheSecondEpoch =
        Map.of(
            "minibatch/1/0/3", Poison.LOSS,
            "minibatch/1/7/3", Poison.LOSS,
            "minibatch/1/14/3", Poison.LOSS);
    Path run = directory.resolve("run");
    assertThatThrownBy(() -> train(run, "skip-round", 1, allOfTheSecondEpoch, failing(6)))
        .hasMessageContaining("pulled the plug");
    assertThatThrownBy(() -> train(run, "skip-round", 1, allOfTheSecondEpoch, RunObserver.NONE))
        .hasMessageContaining("bad round 3 in a row")
        .hasMessageContaining("train.non-finite.max-in-a-row = 2");
  }

  private static final AtomicInteger PASSED = new AtomicInteger();

  /** Fails before a round of that number. */
  private static RunObserver failing(int round) {
    return (phase, what) -> {
      if (phase == Phase.BROADCAST && PASSED.incrementAndGet() == round) {
        throw MimException.failed("pulled the plug");
      }
    };
  }

  private Checkpoint train(
      Path run, String policy, int everyRounds, Map<String, Poison> poison, RunObserver observer) {
    Map<String, String> all = new LinkedHashMap<>(TINY);
    all.put("train.checkpoint.every-rounds", Integer.toString(everyRounds));
    all.put("train.non-finite.policy", policy);
    all.put("train.non-finite.max-in-a-row", "2");
    Pretraining training =
        Pretraining.prepare(
            Recipe.load(Optional.empty(), all),
            "test",
            new Configuration(),
            dataset.toString(),
            run.toString());
    return training.run(
        LocalSpark.context(),
        new Pretraining.Surroundings(
            new PrintWriter(said), false, StopRequest.byHand(), observer, each -> {}),
        new PoisonedReplicas(training.replicas(), poison));
  }

  private static byte[] last(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("checkpoints/step-00000006/model.safetensors"));
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }
}
