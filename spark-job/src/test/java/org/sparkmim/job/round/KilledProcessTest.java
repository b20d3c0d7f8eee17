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
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.cli.Mim;
import org.sparkmim.job.config.Recipe;

/** The real thing: another process trains, and is killed with SIGKILL. */
final class KilledProcessTest {
  private static final Map<String, String> SLOW =
      TinyModel.with(
          Map.entry("engine.name", "reference"),
          Map.entry("train.batch-size", "4"),
          Map.entry("train.local-steps", "2"),
          Map.entry("train.epochs", "10"),
          Map.entry("train.warmup-epochs", "2"),
          Map.entry("train.checkpoint.every-rounds", "1"));

  @TempDir Path directory;

  @Test
  void aKilledTrainingContinuesToTheSameBits() throws Exception {
    Path dataset = TinyImages.dataset(directory, 21);
    Path undisturbed = directory.resolve("undisturbed");
    train(dataset, undisturbed);

    Path run = directory.resolve("run");
    long seed = System.nanoTime();
    int patience = new Random(seed).nextInt(400);
    Process process = start(dataset, run);
    try {
      waitForACheckpoint(run, process);
      Thread.sleep(patience);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("killed, after %d ms", patience).isEqualTo(128 + 9);

    String said = train(dataset, run);
    assertThat(said).as("after %d ms", patience).contains("Continuing").contains("from step-");
    for (String file : List.of("model.safetensors", "optimizer.safetensors", "state.json")) {
      assertThat(run.resolve("checkpoints/step-00000030").resolve(file))
          .as("%s, after %d ms", file, patience)
          .hasSameBinaryContentAs(undisturbed.resolve("checkpoints/step-00000030").resolve(file));
    }
    try (var left = Files.list(run.resolve("checkpoints"))) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .as("no litter")
          .containsExactlyInAnyOrder("step-00000029", "step-00000030");
    }
  }

  private static String train(Path dataset, Path run) {
    StringWriter said = new StringWriter();
    Pretraining.prepare(
            Recipe.load(Optional.empty(), SLOW),
            "test",
            new Configuration(),
            dataset.toString(),
            run.toString())
        .run(
            LocalSpark.context(),
            new Pretraining.Surroundings(
                new PrintWriter(said),
                false,
                StopRequest.byHand(),
                RunObserver.NONE,
                checkpoint -> {}));
    return said.toString();
  }

  private Process start(Path dataset, Path run) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens") || argument.startsWith("-Xmx"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Mim.class.getName()));
    command.addAll(List.of("pretrain", "--data", dataset.toString(), "--output", run.toString()));
    SLOW.forEach((key, value) -> command.addAll(List.of("-D", key + "=" + value)));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("child.log").toFile())
        .start();
  }

  private void waitForACheckpoint(Path run, Process process) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (true) {
      if (Files.isDirectory(run.resolve("checkpoints"))) {
        try (var entries = Files.list(run.resolve("checkpoints"))) {
          if (entries.anyMatch(path -> path.getFileName().toString().startsWith("step-"))) {
            return;
          }
        }
      }
      assertThat(process.isAlive())
          .as("%s", Files.readString(directory.resolve("child.log")))
          .isTrue();
      assertThat(System.nanoTime()).as("no checkpoint in three minutes").isLessThan(deadline);
      Thread.sleep(5);
    }
  }
}
