package org.sparkmim.job.commit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.sparkmim.job.MimException;

/** Another process that takes the lock of a run, and answers whether it still has it. */
final class LockProcess implements AutoCloseable {
  private static final String HELD = "held";

  private final Process process;
  private final BufferedReader answers;
  private final PrintWriter questions;

  private LockProcess(Process process) {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.questions = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
  }

  /** Arguments: the run, then key=value of Hadoop's configuration. */
  public static void main(String[] args) throws IOException {
    Configuration hadoop = new Configuration();
    for (int i = 1; i < args.length; i++) {
      hadoop.set(
          args[i].substring(0, args[i].indexOf('=')), args[i].substring(args[i].indexOf('=') + 1));
    }
    org.apache.hadoop.fs.Path run = new org.apache.hadoop.fs.Path(args[0]);
    RunLock lock = RunLock.take(RunStorage.of(hadoop, run), run);
    System.out.println(HELD);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (in.readLine() != null) {
      try {
        lock.check();
        System.out.println(HELD);
      } catch (MimException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  /** Starts one and waits until it has the lock. */
  static LockProcess start(Path log, String run, Map<String, String> hadoop) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(LockProcess.class.getName(), run));
    hadoop.forEach((key, value) -> command.add(key + "=" + value));
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    LockProcess started = new LockProcess(process);
    String answer = started.answers.readLine();
    if (!HELD.equals(answer)) {
      started.close();
      throw new IllegalStateException("No lock: " + answer + "; see " + log);
    }
    return started;
  }

  long pid() {
    return process.pid();
  }

  /** Whether it may commit: "held", or what it says instead. */
  String ask() throws IOException {
    questions.println();
    return answers.readLine();
  }

  void signal(String name) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
    if (code != 0) {
      throw new IllegalStateException("Cannot send " + name);
    }
  }

  void kill() throws IOException, InterruptedException {
    signal("KILL");
    process.waitFor(30, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
