package org.sparkmim.job.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launch scripts as a person uses them, on the job jar that the build just made. */
class ScriptsIT {
  private static final Path SCRIPTS = Path.of("..", "submit-scripts").toAbsolutePath().normalize();

  @TempDir private Path folder;

  private record Outcome(int code, String output) {}

  @AfterEach
  void stopWhatATestLeftRunning() throws Exception {
    run(SCRIPTS.resolve("local-cluster"), "stop");
  }

  @Test
  void runThroughALinkFromAnyFolderWithASpaceInItsName() throws Exception {
    Path link =
        Files.createSymbolicLink(
            Files.createDirectory(folder.resolve("a b")).resolve("mim"), SCRIPTS.resolve("mim"));
    Outcome outcome = run(link, "--help");
    assertThat(outcome.output()).contains("Usage: mim");
    assertThat(outcome.code()).isZero();
  }

  @Test
  void passArgumentsOnUnchanged() throws Exception {
    Outcome outcome = run(SCRIPTS.resolve("mim"), "no such  command*");
    assertThat(outcome.output()).contains("no such  command*");
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void refuseAMasterThatSparkDoesNotKnow() throws Exception {
    Outcome outcome = run(SCRIPTS.resolve("mim"), "pretrain", "--master=mesos://here");
    assertThat(outcome.output()).contains("mesos://here", "spark://HOST:PORT");
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void refuseAStandaloneClusterWithoutItsSecret() throws Exception {
    Outcome outcome = run(SCRIPTS.resolve("mim"), "pretrain", "--master", "spark://host:7077");
    assertThat(outcome.output()).contains("MIM_SPARK_SECRET_FILE");
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void refuseAYarnThatIsNowhere() throws Exception {
    Outcome outcome = run(SCRIPTS.resolve("mim"), "inspect", "--master", "yarn");
    assertThat(outcome.output()).contains("HADOOP_CONF_DIR").hasLineCount(1);
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void tellSparkTheGpusThatTheDriverTellsThem() throws Exception {
    Path discover = Files.copy(SCRIPTS.resolve("discover-gpus"), folder.resolve("discover-gpus"));
    Outcome none = run(Path.of("/bin/bash"), "-c", "PATH=/usr/bin:/bin " + discover);
    assertThat(none.output()).contains("NVIDIA's driver");
    assertThat(none.code()).isEqualTo(1);
    Path smi = Files.writeString(folder.resolve("nvidia-smi"), "#!/bin/sh\nprintf '0\\n5\\n'\n");
    assertThat(smi.toFile().setExecutable(true)).isTrue();
    Outcome two = run(Path.of("/bin/bash"), "-c", "PATH=" + folder + ":/usr/bin:/bin " + discover);
    assertThat(two.output()).isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"0\", \"5\"]}\n");
    assertThat(two.code()).isZero();
  }

  @Test
  void startAndStopARealClusterWhoseSecretNobodyElseReads() throws Exception {
    Path script = SCRIPTS.resolve("local-cluster");
    Outcome start = run(script, "start", "--workers", "2", "--cores", "1", "--memory", "512m");
    assertThat(start.output()).contains("spark://127.0.0.1:");
    assertThat(start.code()).isZero();
    Path state = folder.resolve("state").resolve("local-cluster");
    assertThat(Files.readString(state.resolve("master.log")).lines())
        .filteredOn(line -> line.contains("Registering worker"))
        .hasSize(2);
    assertThat(Files.getPosixFilePermissions(state.resolve("secret")))
        .extracting(Object::toString)
        .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE");
    String secret = Files.readString(state.resolve("secret"));
    assertThat(secret).matches("[0-9a-f]{64}");
    assertThat(ProcessHandle.allProcesses().map(process -> process.info().commandLine()))
        .noneMatch(line -> line.orElse("").contains(secret));
    List<ProcessHandle> daemons = new ArrayList<>();
    for (String name : List.of("master", "worker-1", "worker-2")) {
      String pid = Files.readString(state.resolve(name + ".pid")).strip();
      daemons.add(ProcessHandle.of(Long.parseLong(pid)).orElseThrow());
    }
    assertThat(run(script, "status").code()).isZero();

    assertThat(run(script, "stop").code()).isZero();
    for (ProcessHandle daemon : daemons) {
      // It is killed by now; the system takes its number away a moment later.
      daemon.onExit().get(30, TimeUnit.SECONDS);
    }
    assertThat(state).doesNotExist();
    assertThat(run(script, "status").code()).isEqualTo(4);
  }

  @Test
  void haveNoFindingOfShellcheckWhereItIsInstalled() throws Exception {
    Path shellcheck = Path.of("/usr/bin/shellcheck");
    assumeTrue(Files.isExecutable(shellcheck));
    List<String> files = new ArrayList<>(List.of("-x", "-P", "SCRIPTDIR"));
    try (Stream<Path> scripts = Files.list(SCRIPTS)) {
      scripts.filter(Files::isRegularFile).map(Path::toString).sorted().forEach(files::add);
    }
    Outcome outcome = run(shellcheck, files.toArray(String[]::new));
    assertThat(outcome.output()).isEmpty();
    assertThat(outcome.code()).isZero();
  }

  private Outcome run(Path program, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("MIM_STATE_DIR", folder.resolve("state").toString());
    builder.environment().remove("SPARK_HOME");
    builder.environment().remove("SPARK_CONF_DIR");
    builder.environment().remove("HADOOP_CONF_DIR");
    builder.environment().remove("YARN_CONF_DIR");
    // A daemon must not keep the pipe to this test open.
    Path output = Files.createTempFile(folder, "output", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
    return new Outcome(process.exitValue(), Files.readString(output));
  }
}
