package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;

final class CheckpointsTest {
  @TempDir Path directory;
  private Configuration hadoop;

  @BeforeEach
  void registerAnObjectStore() {
    hadoop = new Configuration();
    hadoop.set("fs.store.impl", FolderAsObjectStore.class.getName());
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "store"})
  void whatWasCommittedIsReadBack(String scheme) throws IOException {
    Checkpoints checkpoints = checkpoints(scheme, RunObserver.NONE);
    checkpoints.commit(7, bodies("seven"), 2);

    Checkpoints.Newest newest = checkpoints.newest();
    assertThat(newest.checkpoint()).map(Checkpoints.Committed::step).contains(7L);
    assertThat(newest.damaged()).isEmpty();
    assertThat(names()).containsExactly("step-00000007");
    assertThat(directory.resolve("step-00000007"))
        .isDirectoryContaining(file -> file.endsWith("manifest.json"))
        .isDirectoryContaining(file -> file.endsWith("b.bin"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "store"})
  void theNewestAreKept(String scheme) throws IOException {
    Checkpoints checkpoints = checkpoints(scheme, RunObserver.NONE);
    for (long step = 1; step <= 5; step++) {
      checkpoints.commit(step, bodies("at " + step), 2);
    }
    assertThat(checkpoints.steps()).containsExactly(5L, 4L);
    assertThat(names()).containsExactly("step-00000004", "step-00000005");
  }

  @Test
  void everyKindOfDamageIsFoundAndTheOneBeforeIsTaken() throws IOException {
    Checkpoints checkpoints = checkpoints("file", RunObserver.NONE);
    checkpoints.commit(1, bodies("good"), 9);
    checkpoints.commit(2, bodies("flipped"), 9);
    checkpoints.commit(3, bodies("truncated"), 9);
    checkpoints.commit(4, bodies("missing"), 9);
    checkpoints.commit(5, bodies("manifest"), 9);
    flipLastBit(directory.resolve("step-00000002/b.bin"));
    Files.writeString(directory.resolve("step-00000003/b.bin"), "trunc");
    Files.delete(directory.resolve("step-00000004/a.bin"));
    Files.writeString(directory.resolve("step-00000005/manifest.json"), "{\"format\": 1, \"fi");

    Checkpoints.Newest newest = checkpoints.newest();
    assertThat(newest.checkpoint()).map(Checkpoints.Committed::step).contains(1L);
    assertThat(newest.damaged()).hasSize(4);
    assertThat(newest.damaged().get(0)).contains("step-00000005", "manifest.json is damaged");
    assertThat(newest.damaged().get(1)).contains("a.bin is missing");
    assertThat(newest.damaged().get(2)).contains("b.bin has 5 bytes instead of 9");
    assertThat(newest.damaged().get(3)).contains("b.bin has other content");
  }

  @ParameterizedTest
  @EnumSource(
      value = Phase.class,
      names = {"BLOB_WRITE", "MANIFEST_WRITE", "COMMIT_RENAME"})
  void aCommitThatDiesLeavesTheOneBeforeAndNoLitterAfterTheNext(Phase death) throws IOException {
    checkpoints("file", RunObserver.NONE).commit(1, bodies("one"), 2);
    assertThatThrownBy(() -> checkpoints("file", dyingAt(death)).commit(2, bodies("two"), 2))
        .isInstanceOf(Died.class);

    Checkpoints after = checkpoints("file", RunObserver.NONE);
    assertThat(after.newest().checkpoint()).map(Checkpoints.Committed::step).contains(1L);
    after.commit(2, bodies("two"), 2);
    assertThat(names()).containsExactly("step-00000001", "step-00000002");
  }

  @Test
  void onAnObjectStoreADirectoryWithoutManifestIsNoCheckpoint() throws IOException {
    checkpoints("store", RunObserver.NONE).commit(1, bodies("one"), 2);
    Checkpoints dying = checkpoints("store", dyingAt(Phase.MANIFEST_WRITE));
    assertThatThrownBy(() -> dying.commit(2, bodies("two"), 2)).isInstanceOf(Died.class);

    Checkpoints after = checkpoints("store", RunObserver.NONE);
    assertThat(after.newest().checkpoint()).map(Checkpoints.Committed::step).contains(1L);
    after.commit(3, bodies("three"), 9);
    assertThat(names()).containsExactly("step-00000001", "step-00000003");
  }

  @Test
  void aDamagedCheckpointIsReplacedAndAWholeOneIsNot() throws IOException {
    Checkpoints checkpoints = checkpoints("file", RunObserver.NONE);
    checkpoints.commit(1, bodies("one"), 2);
    assertThatThrownBy(() -> checkpoints.commit(1, bodies("one"), 2))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("another process");
    flipLastBit(directory.resolve("step-00000001/a.bin"));
    checkpoints.commit(1, bodies("one"), 2);
    assertThat(checkpoints.newest().damaged()).isEmpty();
    assertThat(names()).containsExactly("step-00000001");
  }

  private static final class Died extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static RunObserver dyingAt(Phase death) {
    return (phase, what) -> {
      if (phase == death) {
        throw new Died();
      }
    };
  }

  private Checkpoints checkpoints(String scheme, RunObserver observer) throws IOException {
    org.apache.hadoop.fs.Path path =
        new org.apache.hadoop.fs.Path(scheme + "://" + directory.toAbsolutePath());
    return new Checkpoints(RunStorage.of(hadoop, path), path, observer);
  }

  private static Map<String, RunStorage.Body> bodies(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Map.of("a.bin", out -> out.write(bytes), "b.bin", out -> out.write(bytes));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  static void flipLastBit(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
  }

  /** A folder under the name of a file system that nobody knows to rename atomically. */
  public static final class FolderAsObjectStore extends LocalDisk {
    @Override
    public java.net.URI getUri() {
      return java.net.URI.create("store:///");
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to) {
      throw new AssertionError("an object store copies when asked to rename");
    }
  }
}
