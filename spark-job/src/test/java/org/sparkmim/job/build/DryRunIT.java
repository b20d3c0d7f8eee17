package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code mim} would submit to each kind of cluster, as {@code MIM_DRY_RUN=1} prints it. */
class DryRunIT {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String SECRET = "5ecretOfTheCluster";

  @TempDir private Path folder;

  /** The command and the properties that would be submitted. */
  private record Submission(String command, Map<String, String> properties) {}

  @ParameterizedTest
  @ValueSource(strings = {"spark://host:7077", "yarn", "k8s://https://host:6443"})
  void isEncryptedAuthenticatedAndClosedWithOneTaskAnExecutor(String master) throws Exception {
    Submission submission = dryRun(master, Map.of());
    assertThat(submission.properties())
        .containsEntry("spark.authenticate", "true")
        .containsEntry("spark.network.crypto.enabled", "true")
        .containsEntry("spark.io.encryption.enabled", "true")
        .containsEntry("spark.acls.enable", "true")
        .containsEntry("spark.speculation", "false")
        .containsEntry("spark.dynamicAllocation.enabled", "false")
        .containsEntry("spark.executor.instances", "2")
        .containsEntry("spark.executor.memory", "1024m")
        .containsEntry("spark.executor.memoryOverhead", "1024m")
        .containsEntry("spark.task.cpus", submission.properties().get("spark.executor.cores"))
        .doesNotContainKey("spark.executor.resource.gpu.amount");
    assertThat(submission.properties().get("spark.executor.extraJavaOptions"))
        .contains("javacpp.maxbytes=1024m");
    if (!master.equals("yarn")) {
      assertThat(submission.properties()).containsEntry("spark.ui.enabled", "false");
    }
  }

  @Test
  void theUsersOwnDefaultsWin() throws Exception {
    Files.writeString(
        folder.resolve("spark-defaults.conf"),
        "spark.executor.cores 7\nspark.executor.memoryOverhead 9g\n");
    assertThat(dryRun("yarn", Map.of()).properties())
        .containsEntry("spark.executor.memoryOverhead", "9g")
        .containsEntry("spark.task.cpus", "7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark://host:7077", "yarn", "k8s://https://host:6443"})
  void anExecutorsOneTaskHasItsOneGpuWhereGpusAreAskedFor(String master) throws Exception {
    Map<String, String> properties = dryRun(master, Map.of("MIM_EXECUTOR_GPUS", "1")).properties();
    assertThat(properties)
        .containsEntry("spark.executor.resource.gpu.amount", "1")
        .containsEntry("spark.task.resource.gpu.amount", "1")
        .containsEntry("spark.executorEnv.CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        .containsEntry("spark.task.cpus", properties.get("spark.executor.cores"));
    if (master.equals("yarn")) {
      assertThat(Path.of(properties.get("spark.yarn.dist.files")))
          .isExecutable()
          .hasFileName("discover-gpus");
    }
  }

  @Test
  void aDriverOnTheClusterTakesTheRecipeWithIt() throws Exception {
    Submission submission = dryRun("yarn", Map.of("MIM_DEPLOY_MODE", "cluster"));
    assertThat(submission.properties()).containsEntry("spark.submit.deployMode", "cluster");
    assertThat(submission.command())
        .contains("--files " + recipe() + " ")
        .contains("--conf imagenette-localmim.conf");
  }

  @Test
  void podsOfKubernetesRunAsNobodySpecialAndTakeTheSecretFromAFile() throws Exception {
    Submission submission = dryRun("k8s://https://host:6443", Map.of("MIM_DEPLOY_MODE", "cluster"));
    assertThat(submission.properties())
        .containsEntry("spark.kubernetes.driver.secrets.sparkmim-auth", "(not shown)")
        .containsKey("spark.kubernetes.executor.podTemplateFile")
        .containsKey("spark.kubernetes.driver.podTemplateFile");
    assertThat(submission.command()).contains("local:///opt/sparkmim/sparkmim.jar pretrain");
    assertThat(Path.of(submission.properties().get("spark.kubernetes.driver.podTemplateFile")))
        .isRegularFile();
  }

  private static Path recipe() {
    return ROOT.resolve("conf/recipes/imagenette-localmim.conf");
  }

  private Submission dryRun(String master, Map<String, String> environment) throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), SECRET);
    Path output = folder.resolve("output");
    List<String> command = new ArrayList<>(List.of(ROOT.resolve("submit-scripts/mim").toString()));
    command.addAll(List.of("pretrain", "--master", master, "--conf", recipe().toString()));
    command.addAll(List.of("--data", "/data", "--output", "/run"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("SPARK_CONF_DIR", folder.toString());
    builder.environment().put("MIM_STATE_DIR", folder.resolve("state").toString());
    builder.environment().put("MIM_SPARK_SECRET_FILE", secret.toString());
    builder.environment().put("MIM_DRY_RUN", "1");
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    String said = Files.readString(output);
    assertThat(process.exitValue()).as(said).isZero();
    assertThat(said).doesNotContain(SECRET);
    return submission(said);
  }

  private static Submission submission(String said) throws IOException {
    List<String> lines = said.lines().toList();
    Map<String, String> properties = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] parts = line.split(" ", 2);
      properties.put(parts[0], parts.length > 1 ? parts[1] : "");
    }
    return new Submission(lines.get(0), properties);
  }
}
