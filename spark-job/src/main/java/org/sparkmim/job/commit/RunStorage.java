package org.sparkmim.job.commit;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;

/** The file system of a run, with what its commits need to know about it. */
final class RunStorage {
  /** File systems whose rename of a directory is one atomic act; for all others it is a copy. */
  private static final Set<String> RENAMES_ATOMICALLY = Set.of("file", "hdfs", "webhdfs", "viewfs");

  private final FileSystem fs;

  RunStorage(FileSystem fs) {
    this.fs = fs;
  }

  static RunStorage of(Configuration hadoop, Path path) throws IOException {
    FileSystem fs;
    try {
      fs = path.getFileSystem(hadoop);
    } catch (IOException | IllegalArgumentException e) {
      throw MimException.usage(
          "Cannot reach " + path + ": " + e.getMessage() + ". Check the address.", e);
    }
    // The raw local file system writes no .crc beside every file, and syncs when it is asked to.
    return new RunStorage(fs instanceof LocalFileSystem ? LocalDisk.of(hadoop) : fs);
  }

  boolean renamesAtomically() {
    return RENAMES_ATOMICALLY.contains(fs.getUri().getScheme());
  }

  boolean isLocal() {
    return fs.getUri().getScheme().equals("file");
  }

  FileSystem fs() {
    return fs;
  }

  boolean exists(Path path) throws IOException {
    return fs.exists(path);
  }

  /** Bytes of a file. */
  long size(Path file) throws IOException {
    return fs.getFileStatus(file).getLen();
  }

  /** Entries of a directory; none if it is not there. */
  FileStatus[] list(Path directory) throws IOException {
    try {
      return fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return new FileStatus[0];
    }
  }

  InputStream open(Path file) throws IOException {
    return fs.open(file);
  }

  /** A small file's bytes; refuses one of more than {@code limit}. */
  byte[] readSmall(Path file, int limit) throws IOException {
    try (InputStream in = fs.open(file)) {
      byte[] bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new IOException(file + " is larger than the " + limit + " bytes it may have");
      }
      return bytes;
    }
  }

  /** What writes a file's bytes. */
  @FunctionalInterface
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Writes a file and waits until it is on the device. */
  void write(Path file, Body body) throws IOException {
    FSDataOutputStream out = fs.create(file, true);
    try {
      body.writeTo(out);
      out.flush();
      if (renamesAtomically()) {
        // An object store has nothing to sync before close, and says so with an exception.
        out.hsync();
      }
    } catch (IOException | RuntimeException e) {
      abandon(out, e);
      throw e;
    }
    out.close();
  }

  /** Closing would make an object store show the half that was written as if it were the whole. */
  private static void abandon(FSDataOutputStream out, Exception failure) {
    try {
      if (out.hasCapability(CommonPathCapabilities.ABORTABLE_STREAM)) {
        out.abort();
      } else {
        out.close();
      }
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Writes a file of any size under another name and then gives it its own, on every file system:
   * not every object store can take back the half of an object whose writer failed.
   *
   * @param replace whether a file that is there gives way; else that is a failure
   */
  void create(Path file, Body body, boolean replace) throws IOException {
    Path folder = fs.makeQualified(file).getParent();
    makeDirectory(folder);
    Path aside = new Path(folder, "." + file.getName() + "." + UUID.randomUUID());
    try {
      write(aside, body);
      if (!replace) {
        rename(aside, file);
      } else if (renamesAtomically()) {
        renameOver(aside, file);
      } else {
        fs.delete(file, false);
        rename(aside, file);
      }
    } catch (IOException | RuntimeException e) {
      try {
        delete(aside);
      } catch (IOException litter) {
        e.addSuppressed(litter);
      }
      throw e;
    }
  }

  /** Replaces a small file as a whole: readers see the old bytes or the new ones. */
  void replace(Path file, byte[] bytes) throws IOException {
    if (!renamesAtomically()) {
      write(file, out -> out.write(bytes));
      return;
    }
    Path aside = new Path(file.getParent(), "." + file.getName() + ".new");
    write(aside, out -> out.write(bytes));
    renameOver(aside, file);
  }

  private void renameOver(Path from, Path to) throws IOException {
    if (isLocal()) {
      rename(from, to);
    } else {
      // HDFS replaces a file by this call alone.
      FileContext.getFileContext(fs.getUri(), fs.getConf())
          .rename(from, to, Options.Rename.OVERWRITE);
    }
  }

  /** Renames atomically, to a name that must be free. */
  void rename(Path from, Path to) throws IOException {
    if (!fs.rename(from, to)) {
      throw new IOException("Cannot rename " + from + " to " + to + ": the file system refused");
    }
  }

  /** Deletes a file or a whole directory; one that is not there is deleted already. */
  void delete(Path path) throws IOException {
    if (!fs.delete(path, true) && fs.exists(path)) {
      throw new IOException("Cannot delete " + path + ": the file system refused");
    }
  }

  void makeDirectory(Path directory) throws IOException {
    if (!fs.mkdirs(directory)) {
      throw new IOException("Cannot create the directory " + directory);
    }
  }
}
