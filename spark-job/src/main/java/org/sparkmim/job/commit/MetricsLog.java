package org.sparkmim.job.commit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;

/**
 * {@code metrics.jsonl}: one JSON object a line and round, in order. Lines of rounds that a resumed
 * run will repeat are dropped when it is opened.
 */
public final class MetricsLog {
  static final String NAME = "metrics.jsonl";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RunStorage storage;
  private final Path file;
  private final boolean appends;
  private final ByteArrayOutputStream whole = new ByteArrayOutputStream();

  private MetricsLog(RunStorage storage, Path file, boolean appends) {
    this.storage = storage;
    this.file = file;
    this.appends = appends;
  }

  /** Opens the log of a run that continues after {@code round} rounds. */
  static MetricsLog open(RunStorage storage, Path file, long round) throws IOException {
    // RawLocalFileSystem can append but does not say so.
    boolean appends =
        storage.isLocal() || storage.fs().hasPathCapability(file, CommonPathCapabilities.FS_APPEND);
    MetricsLog log = new MetricsLog(storage, file, appends);
    if (storage.exists(file)) {
      log.keepUpTo(round);
    }
    return log;
  }

  private void keepUpTo(long round) throws IOException {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(storage.open(file), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (!isOfRoundUpTo(round, line)) {
          break;
        }
        whole.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
    }
    storage.replace(file, whole.toByteArray());
    if (appends) {
      whole.reset();
    }
  }

  /** A line that a killed process wrote half of is of no round. */
  private static boolean isOfRoundUpTo(long round, String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return node.path("round").isIntegralNumber() && node.get("round").asLong() <= round;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /** Adds a round's line. A file system without append sees it at the next {@link #flush}. */
  public void add(ObjectNode line) throws IOException {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    if (!appends) {
      whole.write(bytes);
      return;
    }
    if (!storage.exists(file)) {
      storage.write(file, out -> out.write(bytes));
      return;
    }
    try (FSDataOutputStream out = storage.fs().append(file)) {
      out.write(bytes);
    }
  }

  /** Makes all lines visible; called before a commit. */
  public void flush() throws IOException {
    if (!appends) {
      storage.write(file, (OutputStream out) -> whole.writeTo(out));
    }
  }
}
