package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonConfigurationKeysPublic;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.api.records.FinalApplicationStatus;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.round.TinyImages;

/**
 * {@code mim pretrain --master yarn} on a YARN and an HDFS of this process, in containers that are
 * processes of their own and are killed when they take more memory than they asked for.
 */
@Tag("chaos")
class YarnIT {
  private static final Path MIM =
      Path.of("..", "submit-scripts", "mim").toAbsolutePath().normalize();
  private static final String LAST = "checkpoints/step-00000012/model.safetensors";
  private static final String RECIPE =
      """
      model { arch = custom, image-size = 32, patch-size = 8, width = 16, depth = 4, heads = 2 }
      model { decoder { width = 16, heads = 2 }, taps = [0, 1, 2, 3] }
      train { workers = 2, batch-size = 4, local-steps = 1, epochs = 4, warmup-epochs = 1 }
      train.checkpoint.every-rounds = 2
      """;

  @TempDir static Path shared;
  private static MiniDFSCluster hdfs;
  private static MiniYARNCluster yarn;
  private static byte[] embedded;
  private static Path recipe;

  @TempDir Path folder;

  private record Outcome(int code, String output) {}

  @BeforeAll
  static void startYarnAndHdfs() throws Exception {
    Path dataset = TinyImages.dataset(shared, 21);
    recipe = Files.writeString(shared.resolve("tiny.conf"), RECIPE);
    Path run = shared.resolve("embedded");
    Outcome outcome = mim(shared, Map.of(), "pretrain", dataset.toString(), run.toString(), "");
    assertThat(outcome.code()).as(outcome.output()).isZero();
    embedded = Files.readAllBytes(run.resolve(LAST));

    Configuration conf = new YarnConfiguration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, shared.resolve("hdfs").toString());
    hdfs = new MiniDFSCluster.Builder(conf).numDataNodes(1).build();
    FileSystem.setDefaultUri(conf, hdfs.getURI());
    conf.setInt(YarnConfiguration.YARN_MINICLUSTER_NM_PMEM_MB, 8192);
    conf.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 128);
    // Virtual memory of a Java process says nothing; the physical one is what it is held to.
    conf.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    conf.setBoolean(YarnConfiguration.NM_PMEM_CHECK_ENABLED, true);
    conf.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100);
    conf.set("yarn.scheduler.capacity.root.queues", "default");
    conf.setInt("yarn.scheduler.capacity.root.default.capacity", 100);
    conf.setInt("yarn.scheduler.capacity.root.default.maximum-capacity", 100);
    conf.set("yarn.scheduler.capacity.root.default.state", "RUNNING");
    conf.setFloat("yarn.scheduler.capacity.maximum-am-resource-percent", 1);
    yarn = new MiniYARNCluster("yarn-it", 1, 1, 1);
    yarn.init(conf);
    yarn.start();
    try (FileSystem files = hdfs.getFileSystem()) {
      files.copyFromLocalFile(
          new org.apache.hadoop.fs.Path(dataset.toUri()), new org.apache.hadoop.fs.Path("/images"));
    }
    Configuration told = new Configuration(yarn.getConfig());
    // The simulated HDFS puts a class of its own there, which no client has.
    told.unset(CommonConfigurationKeysPublic.NET_TOPOLOGY_NODE_SWITCH_MAPPING_IMPL_KEY);
    Path hadoop = Files.createDirectory(shared.resolve("hadoop"));
    for (String name : List.of("core-site.xml", "yarn-site.xml")) {
      try (OutputStream out = Files.newOutputStream(hadoop.resolve(name))) {
        told.writeXml(out);
      }
    }
  }

  @AfterAll
  static void stop() {
    if (yarn != null) {
      yarn.stop();
    }
    if (hdfs != null) {
      hdfs.shutdown();
    }
  }

  @Test
  void aDriverHereAndExecutorsThereGiveTheBitsOfAnEmbeddedRunEvenIfOneIsKilled() throws Exception {
    Path marker = folder.resolve("killed");
    Thread killer = new Thread(() -> killAnExecutorOnceOneCommitted("/client", marker));
    killer.start();
    Outcome outcome = onYarn("client", "/client");
    killer.interrupt();
    killer.join();
    assertThat(outcome.code()).as(outcome.output()).isZero();
    assertThat(marker).as("an executor was killed; %s", outcome.output()).exists();
    assertSameBits("/client");
  }

  @Test
  void aDriverOnTheClusterGivesTheSameBitsAndYarnCallsItSucceeded() throws Exception {
    Outcome outcome = onYarn("cluster", "/cluster");
    assertThat(outcome.code()).as(outcome.output()).isZero();
    assertSameBits("/cluster");
    assertThat(lastApplication().getFinalApplicationStatus())
        .isEqualTo(FinalApplicationStatus.SUCCEEDED);
  }

  private static void assertSameBits(String run) throws IOException {
    byte[] weights;
    try (var in = hdfs.getFileSystem().open(new org.apache.hadoop.fs.Path(run, LAST))) {
      weights = in.readAllBytes();
    }
    assertThat(weights).as("weights of %s", run).isEqualTo(embedded);
  }

  private static ApplicationReport lastApplication() throws Exception {
    try (YarnClient client = YarnClient.createYarnClient()) {
      client.init(yarn.getConfig());
      client.start();
      return client.getApplications().stream()
          .max((a, b) -> Long.compare(a.getStartTime(), b.getStartTime()))
          .orElseThrow();
    }
  }

  private static void killAnExecutorOnceOneCommitted(String run, Path marker) {
    try {
      var checkpoints = new org.apache.hadoop.fs.Path(run, "checkpoints");
      while (!hdfs.getFileSystem().exists(checkpoints)
          || hdfs.getFileSystem().listStatus(checkpoints).length == 0) {
        Thread.sleep(20);
      }
      Optional<ProcessHandle> executor =
          ProcessHandle.allProcesses()
              .filter(process -> isExecutor(process.info().commandLine().orElse("")))
              .findFirst();
      if (executor.isPresent() && executor.get().destroyForcibly()) {
        Files.createFile(marker);
      }
    } catch (IOException | InterruptedException e) {
      // The test sees that nothing was killed.
    }
  }

  /** An executor of this test's cluster, and not the shell that started it. */
  private static boolean isExecutor(String commandLine) {
    return commandLine.contains("YarnCoarseGrainedExecutorBackend")
        && commandLine.contains("yarn-it")
        && !commandLine.contains("bash");
  }

  private Outcome onYarn(String mode, String run) throws Exception {
    Path conf = Files.createDirectory(folder.resolve("conf"));
    Path jars = Path.of(System.getProperty("spark.home"), "jars");
    String java = System.getProperty("java.home");
    Files.writeString(
        conf.resolve("spark-defaults.conf"),
        """
        spark.executor.cores 1
        spark.driver.memory 600m
        spark.driver.memoryOverhead 700m
        spark.yarn.jars local:%s/*
        spark.executorEnv.JAVA_HOME %s
        spark.yarn.appMasterEnv.JAVA_HOME %s
        spark.yarn.submit.file.replication 1
        """
            .formatted(jars, java, java));
    Map<String, String> environment =
        Map.of(
            "HADOOP_CONF_DIR", shared.resolve("hadoop").toString(),
            "SPARK_CONF_DIR", conf.toString(),
            "MIM_DEPLOY_MODE", mode);
    return mim(folder, environment, "pretrain", "/images", run, "yarn");
  }

  private static Outcome mim(
      Path folder,
      Map<String, String> environment,
      String command,
      String data,
      String run,
      String master)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(MIM.toString(), command));
    line.addAll(List.of("--conf", recipe.toString(), "--data", data, "--output", run));
    if (!master.isEmpty()) {
      line.addAll(List.of("--master", master));
    }
    ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile());
    builder.environment().put("MIM_STATE_DIR", folder.resolve("state").toString());
    builder.environment().put("MIM_HEAP", "600m");
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().remove("SPARK_HOME");
    builder.environment().remove("SPARK_CONF_DIR");
    builder.environment().putAll(environment);
    Path output = Files.createTempFile(folder, "output", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(280, TimeUnit.SECONDS))
          .as("%s ends; it said %s", line, Files.readString(output, StandardCharsets.UTF_8))
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }
}
