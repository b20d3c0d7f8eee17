package org.sparkmim.job.commit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;

/**
 * Keeps a second process out of a run on a local disk. The operating system frees the lock of a
 * killed process. Other file systems have no such lock; there, a commit that finds its checkpoint
 * already committed stops the run.
 */
final class RunLock implements AutoCloseable {
  private static final RunLock NONE = new RunLock(null);

  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  static RunLock take(RunStorage storage, Path root) throws IOException {
    if (!storage.isLocal()) {
      return NONE;
    }
    FileChannel channel =
        FileChannel.open(
            java.nio.file.Path.of(root.toUri().getPath(), ".lock"),
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // This process holds it: a second run in one JVM is as wrong as one in another.
    }
    if (lock == null) {
      channel.close();
      throw MimException.usage(
          "Cannot train into "
              + root
              + ": another process is training there. Wait for it, or name another --output.");
    }
    return new RunLock(channel);
  }

  @Override
  public void close() {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
