package org.sparkmim.job.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.job.Phase;
import org.sparkmim.job.round.TinyImages;

/**
 * A job on a real cluster, of which one process is killed with SIGKILL before an act: afterwards
 * the run is what it would have been. Every act meets one victim here, and all with {@code
 * -Pchaos}.
 */
class KillMatrixIT {
  private static final int IMAGES = 21;
  private static final int EPOCHS = 3;
  private static final String LAST = "step-00000009";
  private static final int KILLED = 128 + 9;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path shared;
  private static Path dataset;
  private static Path heldOut;
  private static Cluster cluster;
  private static List<String> quiet;
  private static String quietScore;
  private static int tried;
  private static int identical;
  private static int mostRepeated;

  @TempDir private Path folder;

  @BeforeAll
  static void trainInQuiet() throws Exception {
    dataset = TinyImages.dataset(shared, IMAGES);
    heldOut = TinyImages.dataset(shared.resolve("held-out"), 8);
    cluster = new Cluster(shared);
    cluster.restore();
    Path run = shared.resolve("quiet");
    Cluster.Outcome outcome =
        cluster.drive(arguments(run, Files.createDirectory(shared.resolve("q"))));
    assertThat(outcome.code()).as(outcome.output()).isZero();
    quiet = weights(run);
    quietScore = score(run);
  }

  @AfterAll
  static void stop() throws Exception {
    cluster.close();
    System.out.printf(
        "kills: tried %d, bit-identical %d, rounds run again at most %d a kill%n",
        tried, identical, mostRepeated);
  }

  static Stream<Arguments> sample() {
    return Stream.of(
        Arguments.of(Phase.SHARD_OPEN, Victim.EXECUTOR),
        Arguments.of(Phase.DECODE, Victim.DRIVER),
        Arguments.of(Phase.STEP, Victim.WORKER),
        Arguments.of(Phase.SLICE_SEND, Victim.EXECUTOR),
        Arguments.of(Phase.AVERAGE, Victim.DRIVER),
        Arguments.of(Phase.OUTER_STEP, Victim.EXECUTOR),
        Arguments.of(Phase.BROADCAST, Victim.MASTER),
        Arguments.of(Phase.BLOB_WRITE, Victim.DRIVER),
        Arguments.of(Phase.MANIFEST_WRITE, Victim.DRIVER),
        Arguments.of(Phase.COMMIT_RENAME, Victim.DRIVER),
        Arguments.of(Phase.OLD_CHECKPOINT_DELETE, Victim.DRIVER),
        Arguments.of(Phase.EVALUATION, Victim.DRIVER));
  }

  @ParameterizedTest(name = "{1} killed before {0}")
  @MethodSource
  void sample(Phase phase, Victim victim) throws Exception {
    aKillCostsNothing(phase, victim);
  }

  static Stream<Arguments> matrix() {
    return Arrays.stream(Phase.values())
        .flatMap(
            phase -> Arrays.stream(Victim.values()).map(victim -> Arguments.of(phase, victim)));
  }

  @Tag("chaos")
  @ParameterizedTest(name = "{1} killed before {0}")
  @MethodSource
  void matrix(Phase phase, Victim victim) throws Exception {
    aKillCostsNothing(phase, victim);
  }

  private void aKillCostsNothing(Phase phase, Victim victim) throws Exception {
    tried++;
    cluster.restore();
    Path run = folder.resolve("run");
    Path notes = Files.createDirectory(folder.resolve("notes"));
    List<String> arguments = new ArrayList<>(arguments(run, notes));
    arguments.addAll(List.of(phase.name(), victim.name()));

    Cluster.Outcome outcome = cluster.drive(arguments);
    assertThat(notes.resolve("killed")).as("%s", outcome.output()).exists();
    if (victim == Victim.DRIVER) {
      assertThat(outcome.code()).as(outcome.output()).isEqualTo(KILLED);
      String committed = Files.readString(notes.resolve("killed"));
      assertThat(Assassin.newestCommit(run)).as("no commit is lost").isEqualTo(committed);
      outcome = cluster.drive(arguments);
      assertThat(outcome.output())
          .contains(phase == Phase.EVALUATION ? "Already trained" : "from " + committed);
    }
    assertThat(outcome.code()).as(outcome.output()).isZero();

    assertThat(weights(run)).isEqualTo(quiet);
    if (phase == Phase.EVALUATION) {
      assertThat(score(run)).isEqualTo(quietScore);
    }
    everySampleOnce(run);
    nothingIsLeftOver(run);
    int repeated = roundsRunAgain(notes);
    assertThat(repeated).as("rounds run again").isLessThanOrEqualTo(1);
    mostRepeated = Math.max(mostRepeated, repeated);
    identical++;
  }

  private static List<String> arguments(Path run, Path notes) {
    return List.of(
        dataset.toString(),
        heldOut.toString(),
        run.toString(),
        notes.toString(),
        cluster.state().toString());
  }

  /** Hashes of all that the run trained. */
  private static List<String> weights(Path run) throws Exception {
    List<String> all = new ArrayList<>();
    for (String file : List.of("model.safetensors", "optimizer.safetensors", "state.json")) {
      byte[] bytes = Files.readAllBytes(run.resolve("checkpoints").resolve(LAST).resolve(file));
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      all.add(file + " " + HexFormat.of().formatHex(hash));
    }
    return all;
  }

  private static String score(Path run) throws Exception {
    Path file = run.resolve("eval").resolve(LAST).resolve("knn.json");
    return JSON.readTree(file.toFile()).get("accuracy").asText();
  }

  /** By the windows of the sample order that the run's own log accounts for. */
  private static void everySampleOnce(Path run) throws Exception {
    long next = 0;
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonNode order = JSON.readTree(line).get("order");
      long before = order.get("epoch").asLong() * IMAGES;
      assertThat(before + order.get("from").asLong()).as(line).isEqualTo(next);
      next = before + order.get("to").asLong();
    }
    assertThat(next).isEqualTo((long) EPOCHS * IMAGES);
  }

  private static void nothingIsLeftOver(Path run) throws Exception {
    try (var left = Files.list(run.resolve("checkpoints"))) {
      assertThat(left.map(path -> path.getFileName().toString())).containsExactly(LAST);
    }
    try (var left = Files.list(run)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .filteredOn(name -> !name.equals(".lock") && !name.equals("eval"))
          .containsExactlyInAnyOrder("run.json", "checkpoints", "metrics.jsonl", "report.html");
    }
  }

  private static int roundsRunAgain(Path notes) throws Exception {
    List<String> begun =
        Assassin.acts(notes).stream().filter(act -> act.startsWith("BROADCAST")).toList();
    return begun.size() - new HashSet<>(begun).size();
  }
}
