package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.config.Recipe;

/** A scheduler asks another process, which trains, to end: SIGTERM. */
final class StoppedProcessTest {
  /** 21 images, 4 a step: six steps an epoch, in two rounds. */
  private static final Map<String, String> RECIPE =
      TinyModel.with(
          Map.entry("engine.name", "reference"),
          Map.entry("train.batch-size", "2"),
          Map.entry("train.local-steps", "3"),
          Map.entry("train.epochs", "2"),
          Map.entry("train.warmup-epochs", "0"),
          Map.entry("train.checkpoint.every-rounds", "100"));

  private static final String ENDS_AT = "checkpoints/step-00000012";

  /** Longer than a step of that model, shorter than anyone waits for a test. */
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir static Path shared;
  private static Path dataset;
  private static Path undisturbed;

  @TempDir Path directory;
  private Process process;

  @BeforeAll
  static void trainUndisturbed() {
    dataset = TinyImages.dataset(shared, 21);
    undisturbed = shared.resolve("undisturbed");
    train(
        dataset,
        undisturbed,
        StopRequest.byHand(),
        RunObserver.NONE,
        new PrintWriter(Writer.nullWriter()));
  }

  @AfterEach
  void killWhatIsLeft() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  @Test
  void aRoundThatEndsInTimeIsCommitted() throws Exception {
    Path run = start(2, Duration.ofSeconds(2), Duration.ofMinutes(1));
    terminate();
    assertThat(process.exitValue()).as(log()).isEqualTo(130);
    assertThat(log()).contains("Stopped after the commit of").contains("step-00000006");
    assertContinuesToTheSameBits(run);
  }

  @Test
  void aRoundThatTakesLongerThanTheGraceIsDroppedAndTheOneBeforeCommitted() throws Exception {
    Path run = start(3, LONG, Duration.ofSeconds(16));
    long begin = System.nanoTime();
    terminate();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    assertThat(process.exitValue()).as(log()).isEqualTo(130);
    assertThat(log()).contains("Stopped after the commit of").contains("step-00000006");
    assertContinuesToTheSameBits(run);
  }

  @Test
  void aProcessThatHasNoTimeForACommitSaysWhatIsLost() throws Exception {
    Path run = start(3, LONG, Duration.ZERO);
    terminate();
    assertThat(process.exitValue()).as(log()).isEqualTo(130);
    assertThat(log()).contains("Lost are the 2 rounds since the last commit, of round 0, and");
    assertContinuesToTheSameBits(run);
  }

  @Test
  void theRoundThatRanBeforeAnyCommitIsDropped() throws Exception {
    start(1, LONG, Duration.ofSeconds(4));
    terminate();
    assertThat(process.exitValue()).as(log()).isEqualTo(130);
    assertThat(log()).contains("Stopped in round 1, which is dropped; all before it is kept.");
  }

  /** Starts a process, and returns once it trains the slow round; gives the run's directory. */
  private Path start(int slowRound, Duration slow, Duration grace) throws Exception {
    Path run = directory.resolve("run");
    Path reached = directory.resolve("reached");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens") || argument.startsWith("-D"))
        .forEach(command::add);
    command.addAll(List.of("-Xmx600m", "-cp", System.getProperty("java.class.path")));
    command.add(Slow.class.getName());
    command.addAll(List.of(dataset.toString(), run.toString(), reached.toString()));
    command.add(Integer.toString(slowRound));
    command.add(Long.toString(slow.toMillis()));
    command.add(Long.toString(grace.toSeconds()));
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("child.log").toFile())
            .start();
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!Files.exists(reached)) {
      assertThat(process.isAlive()).as(log()).isTrue();
      assertThat(System.nanoTime()).as("no step in three minutes").isLessThan(deadline);
      Thread.sleep(10);
    }
    return run;
  }

  private void terminate() throws Exception {
    process.destroy();
    assertThat(process.waitFor(90, TimeUnit.SECONDS)).as(log()).isTrue();
  }

  private String log() throws IOException {
    return Files.readString(directory.resolve("child.log"), StandardCharsets.UTF_8);
  }

  private static void assertContinuesToTheSameBits(Path run) {
    train(
        dataset, run, StopRequest.byHand(), RunObserver.NONE, new PrintWriter(Writer.nullWriter()));
    for (String file : List.of("model.safetensors", "optimizer.safetensors", "state.json")) {
      assertThat(run.resolve(ENDS_AT).resolve(file))
          .hasSameBinaryContentAs(undisturbed.resolve(ENDS_AT).resolve(file));
    }
  }

  private static void train(
      Path dataset, Path run, StopRequest stop, RunObserver observer, PrintWriter out) {
    Pretraining.prepare(
            Recipe.load(Optional.empty(), RECIPE),
            "test",
            new Configuration(),
            dataset.toString(),
            run.toString())
        .run(
            LocalSpark.context(),
            new Pretraining.Surroundings(out, false, stop, observer, checkpoint -> {}));
  }

  /** The process that is stopped: every step of one round is slow. */
  static final class Slow {
    private static final int STEPS_A_ROUND = 3;
    private static final int SAMPLES_A_STEP = 4;

    private Slow() {}

    /** Arguments: dataset, run, file that says the round is reached, round, delay, grace. */
    public static void main(String[] args) {
      String reached = args[2];
      int slowRound = Integer.parseInt(args[3]);
      long delay = Long.parseLong(args[4]);
      StopRequest stop =
          StopRequest.onSignals(ConfigFactory.parseString("grace-seconds = " + args[5]));
      RunObserver observer =
          (phase, what) -> {
            if (phase == Phase.STEP && round(MinibatchRef.parse(what)) == slowRound) {
              touch(reached);
              sleep(delay);
            }
          };
      try {
        train(
            Path.of(args[0]),
            Path.of(args[1]),
            stop,
            observer,
            new PrintWriter(System.err, true, StandardCharsets.UTF_8));
      } catch (MimException e) {
        System.err.println(e.getMessage());
      } finally {
        stop.close();
      }
      System.exit(0);
    }

    private static int round(MinibatchRef minibatch) {
      long round = minibatch.first() / (STEPS_A_ROUND * SAMPLES_A_STEP);
      return (int) (2 * minibatch.epoch() + round) + 1;
    }

    private static void touch(String file) {
      try {
        Files.write(Path.of(file), new byte[0]);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private static void sleep(long millis) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
