package org.sparkmim.job.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/** A standalone cluster of {@code submit-scripts/local-cluster}, and drivers that run on it. */
final class Cluster implements AutoCloseable {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path JOB_JAR = Path.of(System.getProperty("job.jar"));
  private static final Path SPARK_HOME = Path.of(System.getProperty("spark.home"));
  private static final List<String> DAEMONS = List.of("master", "worker-1", "worker-2");
  private static final long PATIENCE_SECONDS = 180;

  /** Processes that live for seconds lose more by optimising their code than they gain. */
  private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private final Path folder;
  private final Path driverJar;

  /** A cluster that keeps its files below {@code folder}; not started yet. */
  Cluster(Path folder) throws IOException {
    this.folder = folder;
    driverJar = jarOfThisPackage(folder.resolve("chaos.jar"));
  }

  /** How a process ended. */
  record Outcome(int code, String output) {}

  /** Where {@code local-cluster} keeps process numbers and logs. */
  Path state() {
    return folder.resolve("state/local-cluster");
  }

  /** Starts it anew unless all of its processes live. */
  void restore() throws Exception {
    if (DAEMONS.stream().allMatch(this::lives)) {
      return;
    }
    script("stop");
    Outcome started = script("start", "--workers", "2", "--cores", "1", "--memory", "600m");
    assertThat(started.code()).as(started.output()).isZero();
  }

  private boolean lives(String daemon) {
    try {
      long pid = Long.parseLong(Files.readString(state().resolve(daemon + ".pid")).strip());
      return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws Exception {
    script("stop");
  }

  private Outcome script(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ROOT.resolve("submit-scripts/local-cluster").toString());
    command.addAll(List.of(arguments));
    return run(command, Map.of("MIM_STATE_DIR", folder.resolve("state").toString()));
  }

  /** Runs a {@link ChaosDriver} to its end. */
  Outcome drive(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + ROOT.resolve("conf/jvm.options"));
    command.addAll(List.of(SHORT_LIVED.split(" ")));
    command.addAll(
        List.of(
            "-Xmx700m",
            "-Dlog4j2.configurationFile=file:" + ROOT.resolve("conf/log4j2.properties"),
            "-cp",
            SPARK_HOME.resolve("jars") + "/*",
            "org.apache.spark.deploy.SparkSubmit",
            "--master",
            Files.readString(state().resolve("url")).strip(),
            "--class",
            ChaosDriver.class.getName(),
            "--properties-file",
            properties().toString(),
            "--jars",
            onThisMachine(JOB_JAR),
            onThisMachine(driverJar)));
    command.addAll(arguments);
    return run(command, Map.of("SPARK_HOME", SPARK_HOME.toString(), "SPARK_SCALA_VERSION", "2.12"));
  }

  /** Executors open the file itself instead of fetching a copy. */
  private static String onThisMachine(Path jar) {
    return "local:" + jar.toAbsolutePath();
  }

  /** What {@code mim --master} would give Spark; the file holds the cluster's secret. */
  private Path properties() throws IOException {
    Path file = folder.resolve("spark.conf");
    Files.writeString(
        file,
        Files.readString(ROOT.resolve("conf/spark-defaults-standalone.conf"))
            + "\nspark.executor.memoryOverhead 300m\nspark.ui.enabled false\n"
            + "spark.executor.extraJavaOptions "
            + SHORT_LIVED
            + " -Dorg.deeplearning4j.crash.reporting.enabled=false\n"
            + Files.readString(state().resolve("application.conf"))
            + "\nspark.task.cpus 1\nspark.executorEnv.OMP_NUM_THREADS 1\n"
            + "spark.shuffle.io.retryWait 200ms\nspark.local.dir "
            + folder.resolve("scratch")
            + "\n");
    return file;
  }

  private Outcome run(List<String> command, Map<String, String> environment) throws Exception {
    // A daemon must not keep a pipe to this process open.
    Path output = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    String said = Files.readString(output);
    assertThat(ended).as("ends in %d s: %s%n%s", PATIENCE_SECONDS, command, said).isTrue();
    return new Outcome(process.exitValue(), said);
  }

  private static Path jarOfThisPackage(Path jar) throws IOException {
    String name = Cluster.class.getPackageName().replace('.', '/');
    Path classes = Path.of("target", "test-classes").resolve(name).toAbsolutePath();
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        var entries = Files.list(classes)) {
      for (Path entry : entries.sorted().toList()) {
        out.putNextEntry(new JarEntry(name + "/" + entry.getFileName()));
        Files.copy(entry, out);
        out.closeEntry();
      }
    }
    return jar;
  }
}
