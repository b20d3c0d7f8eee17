package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.sparkmim.job.MimException;
import org.sparkmim.job.cli.SparkSessions;

final class ClusterSlotsTest {
  @BeforeAll
  static void stopTheSharedSpark() {
    LocalSpark.context().stop();
  }

  @Test
  @Timeout(120)
  void aClusterWithoutExecutorsGetsAMessageNotAHang() {
    try (JavaSparkContext spark = cluster("local-cluster[0,1,512]")) {
      try (ClusterSlots slots = new ClusterSlots(spark, 2, Duration.ofSeconds(3), message -> {})) {
        assertThatThrownBy(() -> spark.parallelize(List.of(1, 2), 2).count())
            .satisfies(
                cancelled ->
                    assertThat(slots.explain(new IllegalStateException(cancelled)).orElseThrow())
                        .isInstanceOfSatisfying(
                            MimException.class,
                            e -> assertThat(e.kind()).isEqualTo(MimException.Kind.FAILED))
                        .hasMessageContaining("offered no slot for 3 s")
                        .hasMessageContaining("no executor has registered")
                        .hasMessageContaining("spark.executor.memory (512m)"));
      }
    }
  }

  @Test
  @Timeout(120)
  void tooFewSlotsAreToldOnceAndTheJobRuns() throws InterruptedException {
    List<String> said = new CopyOnWriteArrayList<>();
    try (JavaSparkContext spark = cluster("local-cluster[1,1,512]");
        ClusterSlots slots = new ClusterSlots(spark, 2, Duration.ofSeconds(60), said::add)) {
      assertThat(spark.parallelize(List.of(1, 2), 2).count()).isEqualTo(2);
      while (said.isEmpty()) {
        Thread.sleep(100);
      }
      Thread.sleep(1000);
      assertThat(said).hasSize(1);
      assertThat(said.get(0)).contains("offers 1 slot for train.workers = 2: workers take turns");
      assertThat(slots.explain(new IllegalStateException("another failure"))).isEmpty();
    }
  }

  @Test
  void tasksLargerThanExecutorsAreRefusedAtOnce() {
    System.setProperty("spark.executor.cores", "2");
    System.setProperty("spark.task.cpus", "4");
    try {
      assertThatThrownBy(() -> SparkSessions.open("test", Optional.of("spark://127.0.0.1:1"), 1))
          .isInstanceOf(MimException.class)
          .hasMessageContaining("spark.task.cpus = 4, and spark.executor.cores = 2");
    } finally {
      System.clearProperty("spark.executor.cores");
      System.clearProperty("spark.task.cpus");
    }
  }

  private static JavaSparkContext cluster(String master) {
    return new JavaSparkContext(
        new SparkConf()
            .setMaster(master)
            .setAppName("slots")
            .set("spark.ui.enabled", "false")
            .set("spark.executor.memory", "512m")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .set("spark.executorEnv.SPARK_TESTING", "1")
            .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12"));
  }
}
