package org.sparkmim.job.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;

/**
 * Writes down every act of a run, in whatever process it happens, and kills one process with
 * SIGKILL before the first act of a kind that follows the second commit.
 *
 * <p>Processes share nothing but a folder: {@code acts.log} has a line an act, {@code killed} says
 * that the deed is done and what had been committed by then.
 *
 * @param folder shared by all processes
 * @param run the run's directory
 * @param cluster state of {@code local-cluster}
 * @param phase before which to kill
 * @param victim null kills nobody
 * @param driver process number of the driver
 */
record Assassin(String folder, String run, String cluster, Phase phase, Victim victim, long driver)
    implements RunObserver {
  private static final int COMMITS_BEFORE = 2;
  private static final String EXECUTOR_CLASS = "CoarseGrainedExecutorBackend";

  @Override
  public void before(Phase act, String what) {
    try {
      if (victim != null && act == phase && commits(Path.of(folder)) >= COMMITS_BEFORE && first()) {
        kill();
      }
      append(act + " " + what);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Acts so far. */
  static List<String> acts(Path folder) throws IOException {
    Path log = folder.resolve("acts.log");
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  private static long commits(Path folder) throws IOException {
    return acts(folder).stream().filter(line -> line.startsWith("COMMIT_RENAME")).count();
  }

  private void append(String line) throws IOException {
    Files.writeString(
        Path.of(folder, "acts.log"),
        line + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** Whether this is the process, and the time, that kills; only one ever is. */
  private boolean first() throws IOException {
    try {
      Files.writeString(
          Path.of(folder, "killed"), newestCommit(Path.of(run)), StandardOpenOption.CREATE_NEW);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  /** Name of the newest checkpoint that is visible in a run. */
  static String newestCommit(Path run) throws IOException {
    try (var entries = Files.list(run.resolve("checkpoints"))) {
      return entries
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("step-"))
          .max(String::compareTo)
          .orElse("");
    }
  }

  private void kill() throws IOException {
    append("KILL " + victim + " before " + phase);
    switch (victim) {
      case DRIVER -> kill(driver);
      case EXECUTOR -> kill(anExecutor());
      case WORKER -> kill(daemon("worker-1"));
      case MASTER -> kill(daemon("master"));
    }
  }

  /** This process, where it is one. */
  private long anExecutor() {
    long self = ProcessHandle.current().pid();
    if (self != driver) {
      return self;
    }
    long worker;
    try {
      worker = daemon("worker-1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ProcessHandle.of(worker)
        .orElseThrow()
        .children()
        .filter(child -> child.info().commandLine().orElse("").contains(EXECUTOR_CLASS))
        .findFirst()
        .orElseThrow()
        .pid();
  }

  private long daemon(String name) throws IOException {
    return Long.parseLong(Files.readString(Path.of(cluster, name + ".pid")).strip());
  }

  /** Returns only if it was another process. */
  private static void kill(long pid) throws IOException {
    new ProcessBuilder("kill", "-9", Long.toString(pid)).inheritIO().start();
    if (pid == ProcessHandle.current().pid()) {
      while (true) {
        LockSupport.parkNanos(Long.MAX_VALUE);
      }
    }
    ProcessHandle.of(pid).ifPresent(process -> process.onExit().join());
  }
}
