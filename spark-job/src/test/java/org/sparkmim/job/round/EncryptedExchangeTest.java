package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.model.optim.Optimizer;

/**
 * Rounds of two executor processes, listened to: with the defaults of a cluster no tensor can be
 * read off the wire. That the same ears hear it without them shows that they work.
 */
@Tag("chaos")
final class EncryptedExchangeTest {
  private static final int SIZE = 400_000;
  private static final int MARKS = SIZE * Float.BYTES / 16;
  private static final List<String> ENCRYPTION =
      List.of("spark.authenticate", "spark.network.crypto.enabled", "spark.io.encryption.enabled");

  @TempDir Path directory;

  @Test
  void noTensorIsReadableOnTheWireWithTheDefaultsOfACluster() throws Exception {
    Properties defaults = new Properties();
    try (InputStream in =
        Files.newInputStream(Path.of("..", "conf", "spark-defaults-standalone.conf"))) {
      defaults.load(in);
    }
    SparkConf conf = conf().set("spark.authenticate.secret", "a secret of this test alone");
    for (String key : ENCRYPTION) {
      conf.set(key, defaults.getProperty(key));
    }
    Heard heard = listenToRounds(conf);
    assertThat(heard.marks()).as("of %s", heard).isZero();
  }

  @Test
  void withoutThemEveryTensorIs() throws Exception {
    SparkConf conf = conf();
    ENCRYPTION.forEach(key -> conf.set(key, "false"));
    Heard heard = listenToRounds(conf);
    // The driver's first state to each of two workers, and half of it each way in every round.
    assertThat(heard.marks()).as("of %s", heard).isGreaterThan(MARKS);
  }

  private record Heard(long marks, long bytes, long droppedPackets) {}

  private Heard listenToRounds(SparkConf conf) throws Exception {
    byte[] mark = mark();
    LocalSpark.context().stop();
    LoopbackCapture capture = LoopbackCapture.start(directory);
    try (capture;
        JavaSparkContext cluster = new JavaSparkContext(conf)) {
      FlatState end = rounds(cluster, planted(mark));
      RoundsTest.assertBitEqual(end, planted(mark));
    }
    Heard heard = new Heard(capture.count(mark), capture.bytes(), capture.dropped());
    System.out.println("loopback: " + heard);
    assertThat(heard.bytes()).as("what was sent was heard").isGreaterThan(2L * SIZE * Float.BYTES);
    return heard;
  }

  private static SparkConf conf() {
    return new SparkConf()
        .setMaster("local-cluster[2,1,512]")
        .setAppName("capture")
        .set("spark.executor.memory", "512m")
        .set("spark.shuffle.compress", "false")
        .set("spark.broadcast.compress", "false")
        .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        // There is no Spark distribution here to take jars from.
        .set("spark.executorEnv.SPARK_TESTING", "1")
        .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12");
  }

  /** Three rounds whose steps change nothing, for their rate is 0. */
  private static FlatState rounds(JavaSparkContext cluster, FlatState start) {
    Progress progress = Progress.start();
    try (Rounds rounds =
        new Rounds(
            cluster,
            new BowlReplica.Factory(SIZE, new Optimizer.Sgd()),
            RunObserver.NONE,
            AveragingRule.plain(),
            start,
            6)) {
      List<MinibatchRef> refs = new EpochPlan(6, 2, 1).minibatches(0, 0);
      for (int first = 0; first < refs.size(); first += 2) {
        RoundPlan plan =
            RoundPlan.of(
                progress, refs.subList(first, first + 2), List.of(), 2, ref -> 0, first == 4);
        rounds.run(plan);
        progress = plan.end();
      }
      return rounds.state().state();
    }
  }

  /** Sixteen letters that nothing else on this machine sends, and four finite floats. */
  private static byte[] mark() {
    SplittableRandom random = new SplittableRandom(System.nanoTime());
    StringBuilder mark = new StringBuilder("plain");
    while (mark.length() < 16) {
      mark.append((char) ('a' + random.nextInt(26)));
    }
    return mark.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static FlatState planted(byte[] mark) {
    float[] values = new float[SIZE];
    ByteBuffer floats = ByteBuffer.wrap(mark).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < SIZE; i++) {
      values[i] = floats.getFloat(i % 4 * Float.BYTES);
    }
    FlatState state = FlatState.zeros(SIZE);
    state.put(Vector.PARAMETERS, 0, values, SIZE);
    return state;
  }
}
