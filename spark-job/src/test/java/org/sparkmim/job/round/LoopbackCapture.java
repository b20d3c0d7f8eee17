package org.sparkmim.job.round;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** What tcpdump hears on the loopback interface, in a file of packets. */
final class LoopbackCapture implements AutoCloseable {
  private static final String DROPPED = " packets dropped by kernel";

  private final Process tcpdump;
  private final Path packets;
  private final Path log;

  private LoopbackCapture(Process tcpdump, Path packets, Path log) {
    this.tcpdump = tcpdump;
    this.packets = packets;
    this.log = log;
  }

  /** Listens from now on; skips the test where tcpdump is missing or may not listen. */
  static LoopbackCapture start(Path folder) throws IOException, InterruptedException {
    Path packets = folder.resolve("loopback.pcap");
    Path log = folder.resolve("tcpdump.log");
    Process tcpdump;
    try {
      tcpdump =
          new ProcessBuilder(
                  "tcpdump",
                  "-i",
                  "lo",
                  "-U",
                  "-s",
                  "0",
                  "-B",
                  "262144",
                  "-w",
                  packets.toString(),
                  "tcp")
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
    } catch (IOException e) {
      assumeTrue(false, "Not checked: tcpdump cannot be run here (" + e.getMessage() + ")");
      throw e;
    }
    while (tcpdump.isAlive() && !read(log).contains("listening on lo")) {
      Thread.sleep(20);
    }
    assumeTrue(tcpdump.isAlive(), () -> "Not checked: tcpdump may not listen here: " + read(log));
    return new LoopbackCapture(tcpdump, packets, log);
  }

  private static String read(Path log) {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends listening; packets that were heard are in the file then. */
  @Override
  public void close() throws InterruptedException {
    // The last packets are still on their way from the kernel.
    Thread.sleep(500);
    tcpdump.destroy();
    if (!tcpdump.waitFor(30, TimeUnit.SECONDS)) {
      tcpdump.destroyForcibly();
    }
  }

  /** Bytes heard, with all headers. */
  long bytes() throws IOException {
    return Files.size(packets);
  }

  /** Packets that were too many to be heard. */
  long dropped() {
    return read(log)
        .lines()
        .filter(line -> line.endsWith(DROPPED))
        .mapToLong(line -> Long.parseLong(line.substring(0, line.length() - DROPPED.length())))
        .sum();
  }

  /** How often a text stands in a packet. */
  long count(byte[] text) throws IOException {
    long found = 0;
    int matched = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(packets), 1 << 20)) {
      for (int next = in.read(); next >= 0; next = in.read()) {
        if (next == text[matched]) {
          matched++;
        } else {
          matched = next == text[0] ? 1 : 0;
        }
        if (matched == text.length) {
          found++;
          matched = 0;
        }
      }
    }
    return found;
  }
}
