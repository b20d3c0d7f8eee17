package org.sparkmim.job.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.job.MimException;
import org.sparkmim.model.weights.Tensor;

final class WeightsFileTest {
  private static final Tensor FAILING =
      Tensor.floats(
          "a",
          List.of(1L << 20),
          (from, into, count) -> {
            if (from > 1 << 19) {
              throw new IllegalStateException("source failed");
            }
          });

  @TempDir Path directory;
  private final Configuration hadoop = new Configuration();

  @BeforeEach
  void knowTheStore() {
    hadoop.setClass("fs.bucket.impl", Store.class, org.apache.hadoop.fs.FileSystem.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "bucket"})
  void aFileIsWrittenWithItsFolderAndReplacedOnlyWhenForced(String scheme) throws IOException {
    write(scheme, false, 1);
    assertThat(value()).isEqualTo(1);
    assertThatThrownBy(() -> write(scheme, false, 2))
        .isInstanceOfSatisfying(
            MimException.class, e -> assertThat(e.kind()).isEqualTo(MimException.Kind.USAGE))
        .hasMessageContaining("it is there already")
        .hasMessageContaining("--force");
    assertThat(value()).isEqualTo(1);
    write(scheme, true, 2);
    assertThat(value()).isEqualTo(2);
    assertThat(names()).as("no litter").containsExactly("w.safetensors");
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "bucket"})
  void aFailedWriteLeavesWhatWasThereAndNoLitter(String scheme) throws IOException {
    write(scheme, false, 1);
    assertThatThrownBy(
            () -> WeightsFile.write(hadoop, target(scheme), true, Map.of(), List.of(FAILING)))
        .hasMessage("source failed");
    assertThat(value()).isEqualTo(1);
    assertThat(names()).containsExactly("w.safetensors");
  }

  @Test
  void aDirectoryIsNotReplaced() throws IOException {
    Files.createDirectories(directory.resolve("out/w.safetensors"));
    assertThatThrownBy(() -> write("file", true, 1))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("it is a directory");
  }

  @Test
  void aMissingFileIsBadInput() {
    assertThatThrownBy(() -> WeightsFile.open(hadoop, target("file")))
        .isInstanceOfSatisfying(
            MimException.class, e -> assertThat(e.kind()).isEqualTo(MimException.Kind.INPUT))
        .hasMessageContaining("there is no such file");
  }

  private void write(String scheme, boolean force, float value) {
    Tensor tensor = Tensor.floats("a", List.of(1L), new float[] {value});
    WeightsFile.write(hadoop, target(scheme), force, Map.of(), List.of(tensor));
  }

  private float value() throws IOException {
    try (WeightsFile file = WeightsFile.open(hadoop, target("file"))) {
      return file.reader().floats("a")[0];
    }
  }

  private org.apache.hadoop.fs.Path target(String scheme) {
    return new org.apache.hadoop.fs.Path(
        scheme + "://" + directory.toAbsolutePath() + "/out/w.safetensors");
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(directory.resolve("out"))) {
      return entries.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  /** A folder under the name of a file system that nobody knows to rename atomically. */
  public static final class Store extends org.apache.hadoop.fs.RawLocalFileSystem {
    @Override
    public java.net.URI getUri() {
      return java.net.URI.create("bucket:///");
    }
  }
}
