package org.sparkmim.job.commit;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.Tensor;

/** A weights file on whatever Hadoop reaches, open for reading. */
public final class WeightsFile implements AutoCloseable {
  private final FSDataInputStream in;
  private final SafetensorsReader reader;

  private WeightsFile(FSDataInputStream in, SafetensorsReader reader) {
    this.in = in;
    this.reader = reader;
  }

  /**
   * Opens a file.
   *
   * @throws MimException (input) if it cannot be read
   * @throws org.sparkmim.model.ModelException INPUT if it is no safetensors file
   */
  public static WeightsFile open(Configuration hadoop, Path file) {
    try {
      return open(RunStorage.of(hadoop, file), file);
    } catch (FileNotFoundException e) {
      throw MimException.input(
          "Cannot read the weights " + file + ": there is no such file. Check the path.", e);
    } catch (IOException e) {
      throw MimException.input("Cannot read the weights " + file + ": " + e.getMessage(), e);
    }
  }

  static WeightsFile open(RunStorage storage, Path file) throws IOException {
    long length = storage.fs().getFileStatus(file).getLen();
    FSDataInputStream in = storage.fs().open(file);
    try {
      return new WeightsFile(in, Safetensors.open(in::readFully, length, file.toString()));
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  /** Its tensors. */
  public SafetensorsReader reader() {
    return reader;
  }

  /**
   * Checks that a file can be written, without writing it.
   *
   * @param force whether one that is there may be replaced
   * @throws MimException (usage) if there is one that may not, or a directory
   */
  public static void check(Configuration hadoop, Path file, boolean force) {
    try {
      RunStorage storage = RunStorage.of(hadoop, file);
      if (!storage.exists(file)) {
        return;
      }
      if (storage.fs().getFileStatus(file).isDirectory()) {
        throw MimException.usage("Cannot write " + file + ": it is a directory. Name a file.");
      }
      if (!force) {
        throw MimException.usage(
            "Cannot write " + file + ": it is there already. Name another file, or add --force.");
      }
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  /**
   * Writes a file, its directory included; readers see nothing, or the file that was there, until
   * it is whole.
   *
   * @throws MimException (usage) if it cannot be written
   */
  public static void write(
      Configuration hadoop,
      Path file,
      boolean force,
      Map<String, String> metadata,
      List<Tensor> tensors) {
    check(hadoop, file, force);
    try {
      RunStorage.of(hadoop, file)
          .create(file, out -> Safetensors.write(out, metadata, tensors), force);
    } catch (IOException e) {
      throw unwritable(file, e);
    }
  }

  private static MimException unwritable(Path file, IOException e) {
    return MimException.usage(
        "Cannot write " + file + ": " + e.getMessage() + ". Check that it may be written.", e);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw MimException.input("Cannot read " + reader.origin() + ": " + e.getMessage(), e);
    }
  }
}
