package org.sparkmim.job.commit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
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

  private RunStorage(FileSystem fs) {
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
    return new RunStorage(fs instanceof LocalFileSystem local ? local.getRaw() : fs);
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

  /** Entries of a directory; none if it is not there. */
  FileStatus[] list(Path directory) throws IOException {
    return fs.exists(directory) ? fs.listStatus(directory) : new FileStatus[0];
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
    try (FSDataOutputStream out = fs.create(file, true)) {
      body.writeTo(out);
      out.flush();
      if (renamesAtomically()) {
        // An object store has nothing to sync before close, and says so with an exception.
        out.hsync();
      }
    }
  }

  /**
   * Writes a file of any size under another name and then gives it its own, on every file system:
   * an object store, too, shows the half of an object whose writer failed.
   *
   * @param replace whether a file that is there gives way; else that is a failure
   */
  void create(Path file, Body body, boolean replace) throws IOException {
    makeDirectory(fs.makeQualified(file).getParent());
    Path aside =
        new Path(
            fs.makeQualified(file).getParent(), "." + file.getName() + "." + UUID.randomUUID());
    try {
      write(aside, body);
      if (isLocal()) {
        rename(aside, fs.makeQualified(file));
      } else if (!renamesAtomically()) {
        if (replace) {
          fs.delete(file, false);
        }
        rename(aside, file);
      } else {
        FileContext.getFileContext(fs.getUri(), fs.getConf())
            .rename(aside, file, replace ? Options.Rename.OVERWRITE : Options.Rename.NONE);
      }
    } finally {
      fs.delete(aside, false);
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
    if (isLocal()) {
      Files.move(
          local(aside),
          local(file),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      sync(file.getParent());
      return;
    }
    FileContext.getFileContext(fs.getUri(), fs.getConf())
        .rename(aside, file, Options.Rename.OVERWRITE);
  }

  /** Renames atomically, to a name that must be free. */
  void rename(Path from, Path to) throws IOException {
    if (isLocal()) {
      // Hadoop's local rename falls back to copying, which is not atomic.
      Files.move(local(from), local(to), StandardCopyOption.ATOMIC_MOVE);
      sync(to.getParent());
    } else if (!fs.rename(from, to)) {
      throw new IOException("Cannot rename " + from + " to " + to + ": the file system refused");
    }
  }

  void delete(Path path) throws IOException {
    fs.delete(path, true);
  }

  void makeDirectory(Path directory) throws IOException {
    if (!fs.mkdirs(directory)) {
      throw new IOException("Cannot create the directory " + directory);
    }
  }

  /** Makes the names in a local directory durable. */
  void sync(Path directory) throws IOException {
    if (isLocal()) {
      try (FileChannel channel = FileChannel.open(local(directory), StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }
}
