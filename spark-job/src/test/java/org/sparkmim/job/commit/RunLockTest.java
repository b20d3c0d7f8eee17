package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.MimException;

/** One process at a time trains into a run, and a dead one keeps nobody out. All are real. */
final class RunLockTest {
  private static final long PID = ProcessHandle.current().pid();

  @TempDir Path directory;

  @Test
  void aLocalRunIsFreeAtOnceWhenItsProcessIsKilled() throws Exception {
    String run = Files.createDirectories(directory.resolve("run")).toString();
    try (LockProcess other = LockProcess.start(directory.resolve("log"), run, Map.of())) {
      assertBusy(run, new Configuration(), other);
      other.kill();
      take(run, new Configuration()).close();
    }
  }

  @Test
  void aLeaseOfADeadOrSleepingProcessEnds() throws Exception {
    assertLeaseEnds(
        "store://" + directory.resolve("run").toAbsolutePath(),
        Map.of("fs.store.impl", CheckpointsTest.FolderAsObjectStore.class.getName()));
  }

  @Test
  void aLeaseOnHdfsEnds() throws Exception {
    try (Hdfs hdfs = Hdfs.start(directory.resolve("hdfs"))) {
      assertLeaseEnds(hdfs.fileSystem().getUri() + "/run", Map.of());
    }
  }

  @Test
  @Tag("chaos")
  void aLeaseOnS3Ends() throws Exception {
    try (S3 s3 = S3.start(directory)) {
      assertLeaseEnds(s3.uri() + "/run", s3.settings());
    }
  }

  private void assertLeaseEnds(String run, Map<String, String> storage) throws Exception {
    Map<String, String> settings = new TreeMap<>(storage);
    settings.put(Lease.LEASE, "3s");
    Configuration hadoop = new Configuration();
    settings.forEach(hadoop::set);
    Path log = directory.resolve("log");
    try (LockProcess killed = LockProcess.start(log, run, settings)) {
      assertThat(killed.ask()).isEqualTo("held");
      assertBusy(run, hadoop, killed);
      killed.kill();
      take(run, hadoop).close();
    }
    try (LockProcess asleep = LockProcess.start(log, run, settings)) {
      asleep.signal("STOP");
      try (RunLock mine = take(run, hadoop)) {
        mine.check();
        asleep.signal("CONT");
        assertThat(asleep.ask())
            .startsWith("Cannot go on training into")
            .contains("process " + PID + " of ");
        mine.check();
      }
    }
    try (FileSystem fs = FileSystem.newInstance(URI.create(run), hadoop)) {
      assertThat(fs.listStatus(new org.apache.hadoop.fs.Path(run, ".lease")))
          .as("no litter")
          .isEmpty();
    }
  }

  private static void assertBusy(String run, Configuration hadoop, LockProcess other) {
    assertThatThrownBy(() -> take(run, hadoop))
        .isInstanceOfSatisfying(
            MimException.class, e -> assertThat(e.kind()).isEqualTo(MimException.Kind.BUSY))
        .hasMessageContaining("process " + other.pid() + " of ")
        .hasMessageContaining(", since 20")
        .hasMessageContaining("Wait for it or stop it");
  }

  private static RunLock take(String run, Configuration hadoop) throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(run);
    return RunLock.take(RunStorage.of(hadoop, path), path);
  }
}
