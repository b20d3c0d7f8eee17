package org.sparkmim.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class BenchDataTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void measuresEveryStageOfDrawnPicturesAndRemovesThem() throws IOException {
    Set<Path> before = benchDirectories();
    int code =
        mim(
            "--picture-size=32",
            "--image-size=64",
            "--warm-up=0",
            "--repetitions=1",
            "--seconds=0.01",
            "-Dtrain.batch-size=4",
            "--json");
    assertThat(code).as(err.toString()).isZero();
    JsonNode result = new ObjectMapper().readTree(out.toString());
    assertThat(result.get("image_size").asInt()).isEqualTo(64);
    double fill = result.get("fill_images_per_second_per_core").get("median").asDouble();
    assertThat(fill).isPositive();
    for (String stage : new String[] {"read", "decode", "augment", "target", "mask", "patchify"}) {
      JsonNode rate = result.get("stages_images_per_second_per_core").get(stage);
      assertThat(rate.get("median").asDouble()).as(stage).isGreaterThan(fill);
    }
    assertThat(benchDirectories()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--seconds=0 | --seconds must be over 0",
        "--repetitions=0 | --repetitions must be 1 to 1000, got 0",
        "--warm-up=-1 | --warm-up must be 0 to 3600",
        "--picture-size=8 | --picture-size must be 16 to 2048 pixels, got 8",
        "--image-size=100 | model.image-size",
        "--second=1 | Did you mean --seconds?"
      })
  void aMistakeIsNamedBeforeAnythingIsDrawn(String option, String message) throws IOException {
    Set<Path> before = benchDirectories();
    assertThat(mim(option)).isEqualTo(2);
    assertThat(err.toString()).contains(message).doesNotContain("at org.");
    assertThat(benchDirectories()).isEqualTo(before);
  }

  private int mim(String... options) {
    String[] args =
        Stream.concat(Stream.of("bench", "data"), Stream.of(options)).toArray(String[]::new);
    return Mim.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private static Set<Path> benchDirectories() throws IOException {
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().startsWith("mim-bench-"))
          .collect(Collectors.toSet());
    }
  }
}
