package org.sparkmim.job.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
final class BenchStepTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void measuresStepsAndSaysWhatTheyAreMadeOf() throws IOException {
    assertThat(tiny("--engine=onednn", "--precision=bf16", "--json")).as(err.toString()).isZero();
    JsonNode result = new ObjectMapper().readTree(out.toString());
    JsonNode rate = result.get("images_per_second");
    assertThat(rate.get("min").asDouble()).isPositive();
    assertThat(rate.get("median").asDouble())
        .isBetween(rate.get("min").asDouble(), rate.get("max").asDouble());
    assertThat(result.get("gflops").asDouble()).isPositive();
    assertThat(result.get("peak_resident_bytes").asLong())
        .isGreaterThan(result.get("activation_bytes").asLong());
    JsonNode parts = result.get("milliseconds_per_step");
    for (String kind : new String[] {"Linear forward", "Linear backward", "AdamW"}) {
      assertThat(parts.get(kind).asDouble()).as(kind).isPositive();
    }
  }

  @Test
  void printsATableForPeople() {
    assertThat(tiny()).as(err.toString()).isZero();
    assertThat(out.toString()).contains("images/s", "GFLOP/s", "Attention backward", "%");
  }

  @Test
  void saysThatTheEngineOfAutoIsFedWithTargets() throws IOException {
    assertThat(tiny("-Dengine.targets=device", "--json")).as(err.toString()).isZero();
    assertThat(err.toString()).contains("auto is onednn", "loaders make the targets");
    assertThat(new ObjectMapper().readTree(out.toString()).get("engine").asText())
        .isEqualTo("onednn");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--steps=0 | --steps = 0",
        "--warm-up=-1 | --warm-up = -1",
        "--batch=0 | train.batch-size = 0",
        "--precision=f16 | engine.precision = f16",
        "--arch=vit-basic | vit-base",
        "--patch-size=15 | patch-size",
        "--stepz=3 | Did you mean --steps?"
      })
  void aMistakeIsNamed(String option, String message) {
    assertThat(tiny(option)).isEqualTo(2);
    assertThat(err.toString()).contains(message).doesNotContain("at org.");
  }

  private int tiny(String... options) {
    Stream<String> size =
        Stream.of(
            "bench",
            "step",
            "-Dmodel.arch=custom",
            "-Dmodel.width=32",
            "-Dmodel.depth=8",
            "-Dmodel.heads=2",
            "-Dmodel.image-size=32",
            "-Dmodel.patch-size=8",
            "-Dmodel.decoder.width=32",
            "-Dmodel.decoder.heads=2",
            "-Dtrain.batch-size=4");
    boolean counted = Stream.of(options).anyMatch(option -> option.startsWith("--steps"));
    Stream<String> steps = counted ? Stream.of() : Stream.of("--steps=2");
    String[] args =
        Stream.concat(Stream.concat(size, steps), Stream.of(options)).toArray(String[]::new);
    return Mim.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
