package org.sparkmim.job.commit;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;

/** The small text files beside a run's checkpoints: metrics, scores, the report. */
public final class RunFiles {
  /** Metrics of a run, one JSON object a line and round. */
  public static final String METRICS = MetricsLog.NAME;

  /** Folder of the scores, one folder a checkpoint in it. */
  public static final String SCORES = "eval";

  private static final int MAX_BYTES = 1 << 28;

  private final Configuration hadoop;

  /** Files on whatever that configuration reaches. */
  public RunFiles(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /**
   * Reads a text.
   *
   * @throws MimException (input) if it cannot be read
   */
  public String read(Path file) {
    try {
      RunStorage storage = RunStorage.of(hadoop, file);
      return new String(storage.readSmall(file, MAX_BYTES), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw MimException.input("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /** Whether there is such a file or directory. */
  public boolean exists(Path path) {
    try {
      return RunStorage.of(hadoop, path).exists(path);
    } catch (IOException e) {
      throw MimException.input("Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /** When a file was written, in milliseconds of its storage's clock; empty if it is not there. */
  public OptionalLong modified(Path file) {
    try {
      return OptionalLong.of(
          RunStorage.of(hadoop, file).fs().getFileStatus(file).getModificationTime());
    } catch (FileNotFoundException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      throw MimException.input("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Writes a text, its directory included; readers see the old one or the new one.
   *
   * @throws MimException (usage) if it cannot be written
   */
  public void write(Path file, String text) {
    try {
      RunStorage storage = RunStorage.of(hadoop, file);
      storage.makeDirectory(file.getParent());
      storage.replace(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw MimException.usage(
          "Cannot write " + file + ": " + e.getMessage() + ". Check that it may be written.", e);
    }
  }

  /** Entries of a directory by name; none if it is not there. */
  public List<Path> list(Path directory) {
    try {
      return Arrays.stream(RunStorage.of(hadoop, directory).list(directory))
          .map(FileStatus::getPath)
          .filter(path -> !path.getName().startsWith("."))
          .sorted(Comparator.comparing(Path::getName))
          .toList();
    } catch (IOException e) {
      throw MimException.input("Cannot read " + directory + ": " + e.getMessage(), e);
    }
  }
}
