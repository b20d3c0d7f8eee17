package org.sparkmim.model.engine.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Compilers that a machine may or may not have. */
final class Commands {
  private static final int NOT_FOUND = -1;

  private Commands() {}

  /** What came of a command. */
  record Result(int status, String output) {
    boolean found() {
      return status != NOT_FOUND;
    }
  }

  static Result run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output);
    } catch (IOException e) {
      return new Result(NOT_FOUND, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
