package org.sparkmim.data.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.util.HadoopStreams;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;
import org.sparkmim.data.DataException;

/**
 * A directory on a Hadoop file system. On local disks it goes past Hadoop's hidden {@code .crc}
 * files: a data set carries its own hashes, and other tools should find nothing but the shards.
 */
public record Storage(FileSystem fileSystem, Path root) {
  /**
   * @param uri {@code file:}, {@code hdfs:}, {@code s3a:} or any other scheme Hadoop knows; a plain
   *     path belongs to the default file system
   * @throws DataException (argument) for a scheme that is unknown or a host that is not there
   */
  public static Storage at(Configuration hadoop, String uri) {
    try {
      Path path = new Path(uri);
      FileSystem fileSystem = raw(path.getFileSystem(hadoop));
      return new Storage(fileSystem, fileSystem.makeQualified(path));
    } catch (IOException | IllegalArgumentException e) {
      throw new DataException(
          DataException.Kind.ARGUMENT,
          "Cannot use '"
              + uri
              + "': "
              + e.getMessage()
              + ". Give a path or a URI such as file:, hdfs: or s3a:.",
          e);
    }
  }

  private static FileSystem raw(FileSystem fileSystem) {
    return fileSystem instanceof ChecksumFileSystem checked
        ? checked.getRawFileSystem()
        : fileSystem;
  }

  /** A path below the root. */
  public Path path(String relative) {
    return new Path(root, relative);
  }

  FSDataInputStream open(String relative) throws IOException {
    return fileSystem.open(path(relative));
  }

  /** Whole content of a small file. */
  String readText(String relative, int maxBytes) throws IOException {
    try (InputStream in = open(relative)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new IOException(path(relative) + " is larger than " + maxBytes + " bytes");
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** Writes a small file aside and renames it into place: readers see all of it or nothing. */
  public void writeAtomically(String relative, String text) throws IOException {
    Path goal = path(relative);
    Path aside = new Path(goal.getParent(), "_" + goal.getName() + ".writing");
    try (OutputStream out = fileSystem.create(aside, true)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    moveInto(aside, goal);
  }

  /** Renames a finished file over whatever an earlier attempt left at its place. */
  public void moveInto(Path aside, Path goal) throws IOException {
    if (fileSystem.exists(goal)) {
      fileSystem.delete(goal, false);
    }
    if (!fileSystem.rename(aside, goal)) {
      throw new IOException("Cannot rename " + aside + " to " + goal);
    }
  }

  /** The place of a Parquet file to write, for Parquet's writers. */
  static OutputFile parquetOutput(FileSystem fileSystem, Path path) {
    return new OutputFile() {
      @Override
      public PositionOutputStream create(long blockSizeHint) throws IOException {
        return wrap(fileSystem.create(path, false));
      }

      @Override
      public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
        return wrap(fileSystem.create(path, true));
      }

      @Override
      public boolean supportsBlockSize() {
        return false;
      }

      @Override
      public long defaultBlockSize() {
        return 0;
      }

      private PositionOutputStream wrap(FSDataOutputStream out) {
        return HadoopStreams.wrap(out);
      }
    };
  }
}
