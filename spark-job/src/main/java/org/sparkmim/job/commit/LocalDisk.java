package org.sparkmim.job.commit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FsConstants;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

/**
 * The local disk with a rename that commits can rely on: one act of the operating system, on the
 * device when it returns. As in POSIX, a file gives way to the one that takes its name.
 */
class LocalDisk extends RawLocalFileSystem {

  static LocalDisk of(Configuration hadoop) throws IOException {
    LocalDisk disk = new LocalDisk();
    disk.initialize(FsConstants.LOCAL_FS_URI, hadoop);
    return disk;
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    java.nio.file.Path source = pathToFile(from).toPath();
    java.nio.file.Path target = pathToFile(to).toPath();
    if (Files.isDirectory(source)) {
      sync(source);
    }
    // Hadoop's local rename falls back to copying, which is not atomic.
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
    sync(target.getParent());
    return true;
  }

  /** Hadoop would start a process, chmod, for every file that is created. */
  @Override
  public void setPermission(Path path, FsPermission permission) throws IOException {
    String symbols =
        permission.getUserAction().SYMBOL
            + permission.getGroupAction().SYMBOL
            + permission.getOtherAction().SYMBOL;
    Files.setPosixFilePermissions(
        pathToFile(path).toPath(), PosixFilePermissions.fromString(symbols));
  }

  /** Makes the names in a directory durable. */
  private static void sync(java.nio.file.Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
