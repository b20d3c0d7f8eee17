package org.sparkmim.job.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.model.engine.EngineSpec;
import scala.Option;

/** A real Spark that gives tasks GPUs which a discovery script makes up. */
final class TaskDeviceTest {
  @TempDir static Path folder;
  private static JavaSparkContext spark;

  @BeforeAll
  static void startAnExecutorWithTwoGpus() throws Exception {
    // A process has one Spark, and other tests leave theirs running.
    Option<SparkSession> left = SparkSession.getDefaultSession();
    if (left.isDefined()) {
      left.get().stop();
    }
    Path script = folder.resolve("discover");
    Files.writeString(
        script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"1\", \"0\"]}'\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    SparkConf conf =
        new SparkConf()
            .setMaster("local-cluster[1,2,512]")
            .setAppName("GPUs")
            .set("spark.ui.enabled", "false")
            .set("spark.executor.memory", "512m")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .set("spark.task.resource.gpu.amount", "1")
            // There is no Spark distribution here to take jars from.
            .set("spark.executorEnv.SPARK_TESTING", "1")
            .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12");
    for (String who : List.of("worker", "executor")) {
      conf.set("spark." + who + ".resource.gpu.amount", "2")
          .set("spark." + who + ".resource.gpu.discoveryScript", script.toString());
    }
    spark = new JavaSparkContext(conf);
  }

  @AfterAll
  static void stop() {
    if (spark != null) {
      spark.stop();
    }
  }

  @Test
  void tasksAtTheSameTimeHaveDevicesOfTheirOwn() {
    EngineSpec cuda = EngineSpec.of("cuda", "bf16");
    for (int round = 0; round < 3; round++) {
      List<Integer> devices =
          spark
              .parallelize(List.of(0, 1), 2)
              .map(
                  task -> {
                    int device = TaskDevice.of(cuda).device();
                    // Long enough for the other task to be there, too.
                    Thread.sleep(500);
                    return device;
                  })
              .collect();
      assertThat(devices).containsExactlyInAnyOrder(0, 1);
    }
  }

  /** Neither the preset's natives nor a driver are here; a machine that has them says so. */
  @Test
  void autoAsksTheTasksAndSaysWhatItTakesAndWhy() {
    StringWriter said = new StringWriter();
    EngineSpec chosen =
        EngineChoice.of(
            ConfigFactory.parseString("name = auto, precision = bf16, targets = loader"),
            spark,
            2,
            new PrintWriter(said, true));
    assertThat(chosen.precision()).isEqualTo(EngineSpec.of("onednn", "bf16").precision());
    if (chosen.usesDevice()) {
      assertThat(said.toString()).startsWith("Engine:  cuda (auto: ").contains("capability");
    } else {
      assertThat(said.toString())
          .startsWith("Engine:  onednn (auto: no engine can use the GPU: engine.name = cuda: ")
          .contains("nd4j does not know engine.precision = bf16");
    }
  }
}
