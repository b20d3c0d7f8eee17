package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;

/**
 * Two executor processes, of which one is killed with SIGKILL while it holds a part of the state.
 */
final class LostExecutorTest {
  /** 21 images, 8 a step: 3 rounds an epoch, of which only the last goes to the driver. */
  private static final Map<String, String> TINY =
      TinyModel.with(
          Map.entry("engine.name", "reference"),
          Map.entry("train.workers", "2"),
          Map.entry("train.batch-size", "4"),
          Map.entry("train.local-steps", "1"),
          Map.entry("train.epochs", "1"),
          Map.entry("train.warmup-epochs", "0"),
          Map.entry("train.checkpoint.every-rounds", "100"));

  private static final Map<String, String> ROUNDED =
      Map.of("train.outer.optimizer", "nesterov", "train.exchange", "int8");

  @TempDir static Path shared;
  private static Path dataset;
  private static String undisturbed;
  private static String undisturbedRounded;
  private static JavaSparkContext cluster;

  @TempDir Path directory;

  @BeforeAll
  static void startTwoExecutors() throws Exception {
    dataset = TinyImages.dataset(shared, 21);
    undisturbed = train(LocalSpark.context(), shared.resolve("undisturbed"), RunObserver.NONE);
    undisturbedRounded =
        train(LocalSpark.context(), shared.resolve("rounded"), RunObserver.NONE, ROUNDED);
    LocalSpark.context().stop();
    cluster =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local-cluster[2,1,512]")
                .setAppName("lost executor")
                .set("spark.executor.memory", "512m")
                .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .set("spark.shuffle.io.retryWait", "100ms")
                // There is no Spark distribution here to take jars from.
                .set("spark.executorEnv.SPARK_TESTING", "1")
                .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12"));
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.stop();
    }
  }

  private static final AtomicInteger OUTER_STEPS = new AtomicInteger();

  @BeforeEach
  void countAnewOnTwoExecutors() {
    OUTER_STEPS.set(0);
    // The driver is listed, too.
    await(() -> cluster.sc().statusTracker().getExecutorInfos().length == 3);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("within a minute").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  @Test
  void aStateThatWasHandedOutOutlivesItsHolder() throws Exception {
    String killed = directory.resolve("killed").toString();
    String other = directory.resolve("other").toString();
    RunObserver killer =
        (phase, what) -> {
          if (phase == Phase.OUTER_STEP) {
            OUTER_STEPS.incrementAndGet();
          }
          // The last round: of seven samples from position 14, three are the first worker's.
          if (phase == Phase.STEP && what.equals("minibatch/0/17/4")) {
            created(other);
          }
          if (phase == Phase.STEP
              && what.equals("minibatch/0/14/3")
              && !new File(killed).exists()) {
            await(() -> new File(other).exists());
            created(killed);
            Runtime.getRuntime().halt(137);
          }
        };
    assertThat(train(cluster, directory.resolve("run"), killer)).isEqualTo(undisturbed);
    assertThat(Path.of(killed)).exists();
    assertThat(OUTER_STEPS).as("three rounds, none of them twice").hasValue(3);
  }

  @Test
  void onlyItsRoundIsDoneAgainWhenTheHolderOfTheNewestStateIsKilled() throws Exception {
    String averager = directory.resolve("averager").toString();
    RunObserver killer =
        (phase, what) -> {
          if (phase == Phase.AVERAGE) {
            write(averager, Long.toString(ProcessHandle.current().pid()));
          }
          if (phase == Phase.OUTER_STEP && OUTER_STEPS.incrementAndGet() == 2) {
            kill(ProcessHandle.of(Long.parseLong(read(averager))).orElseThrow());
          }
        };
    assertThat(train(cluster, directory.resolve("run"), killer)).isEqualTo(undisturbed);
    assertThat(OUTER_STEPS).as("three rounds, one of them twice").hasValue(4);
  }

  private static void write(String file, String text) {
    try {
      Files.writeString(Path.of(file), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void roundsAreDoneAgainWhenTheHoldersOfTheNewestStateAreKilled() throws Exception {
    RunObserver killer =
        (phase, what) -> {
          if (phase == Phase.OUTER_STEP && OUTER_STEPS.incrementAndGet() == 2) {
            killTheExecutors();
          }
        };
    assertThat(train(cluster, directory.resolve("run"), killer)).isEqualTo(undisturbed);
    // Three rounds, and the first two once more.
    assertThat(OUTER_STEPS).hasValue(5);
  }

  @Test
  void whatAveragersKeepIsMadeAgainToo() throws Exception {
    RunObserver killer =
        (phase, what) -> {
          if (phase == Phase.OUTER_STEP && OUTER_STEPS.incrementAndGet() == 2) {
            killTheExecutors();
          }
        };
    assertThat(undisturbedRounded).isNotEqualTo(undisturbed);
    assertThat(train(cluster, directory.resolve("run"), killer, ROUNDED))
        .isEqualTo(undisturbedRounded);
    assertThat(OUTER_STEPS).hasValue(5);
  }

  /** On the driver, whose children they are; both, for one may have averaged everything. */
  private static void killTheExecutors() {
    ProcessHandle.current().children().forEach(LostExecutorTest::kill);
  }

  private static void kill(ProcessHandle executor) {
    assertThat(executor.destroyForcibly()).isTrue();
    executor.onExit().join();
  }

  @Test
  void aProcessThatIsKilledWhileItAveragesChangesNothing() throws Exception {
    String killed = directory.resolve("killed").toString();
    RunObserver killer =
        (phase, what) -> {
          // Executors share only files; the file says that one has been killed already.
          if (phase == Phase.AVERAGE && created(killed)) {
            Runtime.getRuntime().halt(137);
          }
        };
    assertThat(train(cluster, directory.resolve("run"), killer)).isEqualTo(undisturbed);
    assertThat(Path.of(killed)).exists();
  }

  private static boolean created(String file) {
    try {
      return new File(file).createNewFile();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Trains to the end; gives the SHA-256 of the weights. */
  private static String train(JavaSparkContext spark, Path run, RunObserver observer)
      throws Exception {
    return train(spark, run, observer, Map.of());
  }

  private static String train(
      JavaSparkContext spark, Path run, RunObserver observer, Map<String, String> overrides)
      throws Exception {
    Map<String, String> all = new HashMap<>(TINY);
    all.putAll(overrides);
    Checkpoint last =
        Pretraining.prepare(
                Recipe.load(Optional.empty(), all),
                "test",
                new Configuration(),
                dataset.toString(),
                run.toString())
            .run(
                spark,
                new Pretraining.Surroundings(
                    new PrintWriter(new StringWriter()),
                    false,
                    StopRequest.byHand(),
                    observer,
                    each -> {}));
    byte[] weights = Files.readAllBytes(Path.of(last.model().toUri()));
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(weights));
  }
}
