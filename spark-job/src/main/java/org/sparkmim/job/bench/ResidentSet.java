package org.sparkmim.job.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Memory of this process as the Linux kernel counts it, in bytes. */
public final class ResidentSet {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final long KIB = 1024;

  private ResidentSet() {}

  /** Resident now. */
  public static long bytes() {
    return line("VmRSS:");
  }

  /** The largest it has been. */
  public static long peakBytes() {
    return line("VmHWM:");
  }

  private static long line(String name) {
    List<String> lines;
    try {
      lines = Files.readAllLines(STATUS);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read " + STATUS + ": " + e.getMessage(), e);
    }
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(STATUS + " has no line " + name));
  }
}
