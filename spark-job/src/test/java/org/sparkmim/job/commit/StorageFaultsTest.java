package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

final class StorageFaultsTest {
  /**
   * In memory where there is such a place: to sync a disk takes 10 ms, and this syncs thousands.
   */
  @TempDir(factory = InMemory.class)
  Path directory;

  static final class InMemory implements TempDirFactory {
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
        throws IOException {
      return Files.isWritable(SHARED_MEMORY)
          ? Files.createTempDirectory(SHARED_MEMORY, "sparkmim")
          : Files.createTempDirectory("sparkmim");
    }
  }

  @Test
  void everyCommitOnALocalDiskSurvives() throws Exception {
    try (FileSystem local = LocalDisk.of(new Configuration())) {
      assertThat(StorageFaults.survived("local", local, root(), 1)).isGreaterThan(200);
    }
  }

  @Test
  void everyCommitOnAnObjectStoreSurvives() throws Exception {
    try (FileSystem store = new CheckpointsTest.FolderAsObjectStore()) {
      store.initialize(URI.create("store:///"), new Configuration());
      assertThat(StorageFaults.survived("object store (folder)", store, root(), 1))
          .isGreaterThan(200);
    }
  }

  @Test
  void commitsOnHdfsSurvive() throws Exception {
    try (Hdfs hdfs = Hdfs.start(directory)) {
      var root = new org.apache.hadoop.fs.Path("/runs");
      assertThat(StorageFaults.survived("hdfs", hdfs.fileSystem(), root, 10)).isGreaterThan(30);
    }
  }

  @Test
  @Tag("chaos")
  void everyCommitOnHdfsSurvives() throws Exception {
    try (Hdfs hdfs = Hdfs.start(directory)) {
      var root = new org.apache.hadoop.fs.Path("/runs");
      assertThat(StorageFaults.survived("hdfs", hdfs.fileSystem(), root, 1)).isGreaterThan(200);
    }
  }

  @Test
  @Tag("chaos")
  void everyCommitOnS3Survives() throws Exception {
    try (S3 s3 = S3.start(directory);
        FileSystem fs = s3.fileSystem()) {
      var root = new org.apache.hadoop.fs.Path(s3.uri() + "/faults");
      assertThat(StorageFaults.survived("s3a", fs, root, 1)).isGreaterThan(200);
    }
  }

  private org.apache.hadoop.fs.Path root() {
    return new org.apache.hadoop.fs.Path(directory.toAbsolutePath().toString());
  }
}
