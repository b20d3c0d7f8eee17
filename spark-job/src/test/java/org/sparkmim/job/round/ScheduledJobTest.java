package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.cli.Mim;

/** A scheduler that starts the same command twice at once, and then again and again. */
final class ScheduledJobTest {
  private static final List<String> SETTINGS =
      List.of(
          "model.arch=custom",
          "model.image-size=32",
          "model.patch-size=8",
          "model.width=16",
          "model.depth=4",
          "model.heads=2",
          "model.decoder.width=16",
          "model.decoder.heads=2",
          "model.taps=[0, 1, 2, 3]",
          "engine.name=reference",
          "train.batch-size=4",
          "train.local-steps=2",
          "train.epochs=6",
          "train.warmup-epochs=2",
          "train.checkpoint.every-rounds=1",
          "evaluate.stages=[knn]",
          "evaluate.knn.k=3");

  @TempDir Path directory;
  private Path test;

  private record Answer(int code, String text) {}

  @Test
  void ofTwoAtOnceOneWinsAndOnceItIsDoneNothingIsDoneAgain() throws Exception {
    Path data = TinyImages.dataset(directory, 21);
    test = TinyImages.dataset(Files.createDirectories(directory.resolve("held-out")), 11);
    Path run = directory.resolve("run");
    Process winner = start(data, run, "winner.log");
    try {
      waitForACheckpoint(run, winner);
      Process loser = start(data, run, "loser.log");
      assertThat(loser.waitFor(180, TimeUnit.SECONDS))
          .as("%s", Files.readString(directory.resolve("loser.log")))
          .isTrue();
      assertThat(Files.readString(directory.resolve("loser.log")))
          .contains("another process is training there (process " + winner.pid() + " of ")
          .doesNotContain("\tat ");
      assertThat(loser.exitValue()).isEqualTo(75);
      assertThat(winner.waitFor(180, TimeUnit.SECONDS)).isTrue();
      assertThat(winner.exitValue())
          .as("%s", Files.readString(directory.resolve("winner.log")))
          .isZero();
    } finally {
      winner.destroyForcibly();
    }

    assertNothingIsDone(data, run);

    Path score;
    try (var scores = Files.walk(run.resolve("eval"))) {
      score = scores.filter(path -> path.endsWith("knn.json")).findFirst().orElseThrow();
    }
    Files.delete(score);
    Answer again = mim(data, run);
    assertThat(again.text()).contains("Already trained to the end").contains("kNN (k = 3)");
    assertThat(again.code()).isZero();
    assertThat(score).isNotEmptyFile();

    Files.delete(run.resolve("report.html"));
    assertThat(mim(data, run).code()).isZero();
    assertThat(run.resolve("report.html")).isNotEmptyFile();
    assertNothingIsDone(data, run);
  }

  /** On a cluster that is not there: whoever starts a Spark fails. */
  private void assertNothingIsDone(Path data, Path run) throws IOException {
    var before = Files.getLastModifiedTime(run.resolve("report.html"));
    Answer answer = mim(data, run, "--master=spark://127.0.0.1:1");
    assertThat(answer.text()).startsWith("Nothing to do: ").hasLineCount(1);
    assertThat(answer.code()).isZero();
    assertThat(Files.getLastModifiedTime(run.resolve("report.html"))).isEqualTo(before);
  }

  private Answer mim(Path data, Path run, String... more) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    List<String> arguments = new ArrayList<>(arguments(data, run));
    arguments.addAll(List.of(more));
    return new Answer(Mim.run(out, out, arguments.toArray(String[]::new)), said.toString());
  }

  private List<String> arguments(Path data, Path run) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("pretrain", "--data", data.toString(), "--output", run.toString()));
    SETTINGS.forEach(setting -> arguments.addAll(List.of("-D", setting)));
    arguments.addAll(List.of("-D", "evaluate.test=" + test));
    return arguments;
  }

  private Process start(Path data, Path run, String log) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens") || argument.startsWith("-Xmx"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Mim.class.getName()));
    command.addAll(arguments(data, run));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve(log).toFile())
        .start();
  }

  private void waitForACheckpoint(Path run, Process process) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!Files.isDirectory(run.resolve("checkpoints/step-00000002"))) {
      assertThat(process.isAlive())
          .as("%s", Files.readString(directory.resolve("winner.log")))
          .isTrue();
      assertThat(System.nanoTime()).as("no checkpoint in three minutes").isLessThan(deadline);
      Thread.sleep(5);
    }
  }
}
