package org.sparkmim.job.commit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/** The operating system's lock on a file, which it frees when the process is gone. */
final class DiskLock implements RunLock {
  private final FileChannel channel;

  private DiskLock(FileChannel channel) {
    this.channel = channel;
  }

  static DiskLock take(Path root) throws IOException {
    java.nio.file.Path file = java.nio.file.Path.of(root.toUri().getPath(), ".lock");
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // This process holds it: a second run in one JVM is as wrong as one in another.
    }
    if (lock == null) {
      channel.close();
      throw RunLock.busy(root, holder(file), "");
    }
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(Holder.here(Duration.ZERO).toJson(0)));
    return new DiskLock(channel);
  }

  private static Optional<Holder> holder(java.nio.file.Path file) throws IOException {
    return Holder.fromJson(Files.readAllBytes(file));
  }

  @Override
  public void check() {
    // The system takes it from nobody.
  }

  @Override
  public void checkCheaply() {
    check();
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
