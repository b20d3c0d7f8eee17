package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.round.TinyImages;

/** Where the secret of a standalone cluster is while a job runs on it, and where it is not. */
class SecretsIT {
  private static final Path SCRIPTS = Path.of("..", "submit-scripts").toAbsolutePath().normalize();

  @TempDir private Path folder;

  @AfterEach
  void stopTheCluster() throws Exception {
    assertThat(start("local-cluster", "stop").waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void isOnNoCommandLineAndInNoFileThatOthersReadNorInALogOrAnEventLog() throws Exception {
    TinyImages.dataset(folder, 8);
    Path events = Files.createDirectory(folder.resolve("events"));
    Files.writeString(
        Files.createDirectory(folder.resolve("conf")).resolve("spark-defaults.conf"),
        "spark.eventLog.enabled true\nspark.eventLog.dir " + events.toUri() + "\n");
    Process cluster =
        start("local-cluster", "start", "--workers", "1", "--cores", "1", "--memory", "600m");
    assertThat(cluster.waitFor(120, TimeUnit.SECONDS)).isTrue();
    Path state = folder.resolve("state").resolve("local-cluster");
    String secret = Files.readString(state.resolve("secret"));

    Process job =
        start(
            "mim",
            "ingest",
            "--master",
            Files.readString(state.resolve("url")).strip(),
            "--input",
            folder.resolve("images").toString(),
            "--output",
            folder.resolve("again").toString());
    Set<String> shown = new TreeSet<>();
    boolean executorSeen = false;
    while (!job.waitFor(50, TimeUnit.MILLISECONDS)) {
      for (String line : commandLines()) {
        executorSeen |= line.contains("CoarseGrainedExecutorBackend") && line.contains("spark://");
        if (line.contains(secret)) {
          shown.add(line);
        }
      }
    }
    assertThat(job.exitValue()).as(said("mim")).isZero();
    assertThat(executorSeen).as("an executor's command line was looked at").isTrue();
    assertThat(shown).isEmpty();
    assertThat(events).isNotEmptyDirectory();
    assertThat(holding(secret))
        .as("files that hold the secret are the owner's configuration")
        .isNotEmpty()
        .allSatisfy(
            file -> {
              assertThat(file.toString()).matches(".*(secret|\\.conf)");
              assertThat(Files.getPosixFilePermissions(file))
                  .containsExactlyInAnyOrder(
                      PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
            });
  }

  private static List<String> commandLines() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      for (Path process : processes.toList()) {
        if (process.getFileName().toString().matches("[0-9]+")) {
          try {
            lines.add(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1));
          } catch (IOException e) {
            // It has ended since it was listed.
          }
        }
      }
    }
    return lines;
  }

  private List<Path> holding(String secret) throws IOException {
    List<Path> holding = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        // Every application copies the job jar.
        if (Files.size(file) < 50_000_000
            && Files.readString(file, StandardCharsets.ISO_8859_1).contains(secret)) {
          holding.add(file);
        }
      }
    }
    return holding;
  }

  private Process start(String script, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(SCRIPTS.resolve(script).toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("MIM_STATE_DIR", folder.resolve("state").toString());
    builder.environment().put("SPARK_CONF_DIR", folder.resolve("conf").toString());
    builder.environment().put("MIM_HEAP", "600m");
    builder.environment().remove("SPARK_HOME");
    return builder
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(script + ".said").toFile())
        .start();
  }

  private String said(String script) throws IOException {
    return Files.readString(folder.resolve(script + ".said"));
  }
}
