package org.sparkmim.job.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.cli.Mim;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.TinyImages;
import org.sparkmim.job.round.TrainSettings;

final class RunPlanTest {
  private static final long STATE = 1_000_000;
  private static final TrainSettings TRAIN =
      TrainSettings.from(
          Recipe.load(
                  Optional.empty(),
                  Map.of(
                      "train.workers", "4",
                      "train.batch-size", "8",
                      "train.local-steps", "2",
                      "train.epochs", "2.5",
                      "train.warmup-epochs", "0",
                      "train.checkpoint.every-rounds", "3"))
              .section("train"));

  private final StringWriter said = new StringWriter();

  @TempDir private Path folder;

  @Test
  void aRoundMovesAllOfAStateButTheOwnPart() {
    Traffic traffic = new Traffic(STATE, STATE, 4);
    assertThat(traffic.workerToAveragers()).isEqualTo(STATE * 3 / 4);
    assertThat(traffic.averagersToWorker()).isEqualTo(STATE * 3 / 4);
    assertThat(traffic.commitToDriver()).isEqualTo(STATE);
    assertThat(new Traffic(STATE, STATE, 1)).extracting(Traffic::workerToAveragers).isEqualTo(0L);
  }

  @Test
  void roundsEndWithTheirEpoch() {
    // 64 images a round: two rounds for 100 images, twice, and one for the half epoch's 50.
    assertThat(TimePlan.rounds(TRAIN, 100)).isEqualTo(5);
    TimePlan time = new TimePlan(TRAIN, new Traffic(STATE, STATE, 4), pace(2));
    assertThat(time.commits(100)).isEqualTo(2);
  }

  @Test
  void workersOfOneProcessShareItsCores() {
    TimePlan apart = new TimePlan(TRAIN, new Traffic(STATE, STATE, 4), pace(2));
    TimePlan together = new TimePlan(TRAIN, new Traffic(STATE, STATE, 1), pace(2));
    // 16 images each, of 0.1 s on all cores and 0.2 s of one of two for loading.
    assertThat(apart.trainingSeconds()).isCloseTo(16 * 0.2, within(1e-9));
    assertThat(together.trainingSeconds()).isCloseTo(64 * 0.2, within(1e-9));
    assertThat(pace(2).on(8).secondsPerImage()).isCloseTo(0.2 / 4, within(1e-9));
  }

  private static Pace pace(int cores) {
    return new Pace(cores, 0.1, 0.2, 1e10, 1e9, 1e8);
  }

  @Test
  void aPlanTimesThisMachine() throws IOException {
    Path dataset = TinyImages.dataset(folder, 21);
    String[] tiny = {
      "--data=" + dataset,
      "-D=model.arch=vit-tiny",
      "-D=model.image-size=64",
      "-D=train.batch-size=4",
      "-D=train.epochs=2",
      "-D=train.warmup-epochs=1"
    };
    JsonNode plan = new ObjectMapper().readTree(plan(0, tiny));
    JsonNode seconds = plan.get("seconds");
    assertThat(seconds.get("training_a_round").asDouble()).isPositive();
    assertThat(seconds.get("round").asDouble())
        .isEqualTo(
            seconds.get("training_a_round").asDouble()
                + seconds.get("averaging_a_round").asDouble());
    assertThat(seconds.get("total").asDouble()).isGreaterThan(seconds.get("round").asDouble());
    assertThat(plan.get("samples").asLong()).isEqualTo(21);
  }

  @Test
  void whatCannotWorkIsRefused() {
    assertThat(plan(2, "--no-timing", "-D=model.arch=vit-large", "-D=train.batch-size=100000"))
        .contains("this machine has", "train.batch-size", "--master");
    assertThat(plan(2, "--no-timing", "--link-gbit=0")).contains("--link-gbit");
    Path dataset = TinyImages.dataset(folder, 3);
    assertThat(plan(2, "--no-timing", "--data=" + dataset)).contains("train.batch-size", "has 3");
  }

  @Test
  void aRunThatDoesNotFitOntoItsDiskIsRefused() {
    assertThat(
            plan(
                2,
                "--no-timing",
                "--output=" + folder.resolve("run"),
                "-D=train.checkpoint.keep=100000000"))
        .contains("there are", "train.checkpoint.keep");
    assertThat(folder).isEmptyDirectory();
  }

  private String plan(int code, String... options) {
    List<String> arguments = new ArrayList<>(List.of("plan", "--json"));
    arguments.addAll(List.of(options));
    PrintWriter out = new PrintWriter(said, true);
    assertThat(Mim.run(out, out, arguments.toArray(String[]::new))).as("%s", said).isEqualTo(code);
    return said.toString();
  }
}
