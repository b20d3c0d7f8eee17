package org.sparkmim.job.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.job.cli.Mim;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.SafetensorsReader;
import org.sparkmim.model.weights.Tensor;
import org.sparkmim.model.weights.TensorHeader;

/** The commands, on the weights of the published bundles. */
class ExchangeTest {
  private static final String LOCALMIM =
      "method = localmim, width = 36, depth = 8, heads = 3"
          + "\n decoder { width = 24, depth = 1, heads = 3 }";

  @TempDir Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /**
   * Of the bundles only LocalMIM's lies beside these tests. MIM_GOLDEN may name a folder with the
   * others.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "localmim_vit_dev | mae | method = localmim, width = 36, depth = 8, heads = 3,"
            + " decoder { width = 24, depth = 1, heads = 3 }",
        "mae_vit_dev | mae | method = mae, width = 48, depth = 4, heads = 3,"
            + " decoder { width = 28, depth = 2, heads = 7 }",
        "mff_vit_dev | mmpretrain | method = mff, width = 36, depth = 6, heads = 3,"
            + " fused = [0, 2, 3, 5], decoder { width = 28, depth = 2, heads = 7 }"
      })
  void publishedWeightsComeBackBitForBit(String bundle, String format, String model)
      throws IOException {
    Path golden = golden(bundle);
    Path own = directory.resolve("own.safetensors");
    Path back = directory.resolve("back.safetensors");
    assertThat(imported(golden, model, own.toString())).as(err.toString()).isZero();
    assertThat(out.toString()).contains("(" + format + ", full)");
    assertThat(exported("--weights", own, "--format", format, "--part", "full", back))
        .as(err.toString())
        .isZero();
    assertThat(contents(back, "")).isEqualTo(contents(golden, "param/"));
  }

  @Test
  void anEncoderBecomesARunWhoseDecodersAreUntrained() throws IOException {
    Path run = directory.resolve("run");
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, run.toString(), "--part", "encoder"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("drawn as an untrained network's from train.seed: norm.0");
    Path timm = directory.resolve("timm.safetensors");
    assertThat(exported("--run", run, "--format", "timm", "--part", "encoder", timm)).isZero();
    Map<String, ByteBuffer> published = contents(golden("localmim_vit_dev"), "param/");
    Map<String, ByteBuffer> classifier = contents(timm, "");
    assertThat(classifier.get("norm.weight")).isEqualTo(published.get("norm.3.weight"));
    assertThat(classifier.get("pos_embed")).isEqualTo(published.get("pos_embed"));
    assertThat(classifier.get("blocks.7.attn.qkv.weight"))
        .isEqualTo(published.get("blocks.7.attn.qkv.weight"));
    assertThat(classifier).hasSize(4 + 8 * 12 + 2);
    assertThat(classifier.keySet()).noneMatch(name -> name.startsWith("head"));
    // A classifier's file is an encoder for the next run.
    assertThat(
            mim(
                "import",
                "--weights",
                timm.toString(),
                "--conf",
                recipe(LOCALMIM),
                "--output",
                directory.resolve("again.safetensors").toString()))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("(timm, encoder)");
    assertThat(contents(directory.resolve("again.safetensors"), ""))
        .isEqualTo(contents(run.resolve("checkpoints/step-00000000/model.safetensors"), ""));
  }

  @Test
  void whatDoesNotFitIsBadInputAndLeavesNothing() throws IOException {
    String deeper = LOCALMIM.replace("depth = 8", "depth = 9");
    for (String target : List.of("run", "x.safetensors")) {
      Path output = directory.resolve(target);
      assertThat(imported(golden("localmim_vit_dev"), deeper, output.toString())).isEqualTo(3);
      assertThat(err.toString())
          .contains("12 missing: param/blocks.8.norm1.weight [36]")
          .doesNotContain("at org.");
      assertThat(output).doesNotExist();
    }
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM + "\nimage-size = 96", "unused"))
        .isEqualTo(3);
    assertThat(err.toString()).contains("'param/pos_embed' is [1, 17, 36] where [1, 37, 36]");
  }

  @Test
  void aDamagedFileIsBadInput() throws IOException {
    Path cut = directory.resolve("cut.safetensors");
    byte[] whole = Files.readAllBytes(golden("localmim_vit_dev"));
    Files.write(cut, java.util.Arrays.copyOf(whole, whole.length - 5));
    assertThat(imported(cut, LOCALMIM, directory.resolve("run").toString())).isEqualTo(3);
    assertThat(err.toString()).contains("damaged or no safetensors file");
    assertThat(imported(directory.resolve("none"), LOCALMIM, "unused")).isEqualTo(3);
    assertThat(err.toString()).contains("there is no such file");
  }

  @Test
  void namesOfNobodyAreBadInputAndSayWhichAreKnown() throws IOException {
    Path file = directory.resolve("other.safetensors");
    Safetensors.write(
        file, Map.of(), List.of(Tensor.floats("conv1.weight", List.of(1L), new float[1])));
    assertThat(imported(file, LOCALMIM, directory.resolve("run").toString())).isEqualTo(3);
    assertThat(err.toString()).contains("mae, mmpretrain, timm", "--prefix");
    assertThat(exported("--weights", file, "--format", "mae", "--part", "full", file.resolve("x")))
        .isEqualTo(3);
    assertThat(err.toString()).contains("its metadata have no sparkmim.model");
  }

  @Test
  void nothingIsOverwrittenUnasked() throws IOException {
    Path own = directory.resolve("own.safetensors");
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, own.toString())).isZero();
    byte[] before = Files.readAllBytes(own);
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, own.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("add --force");
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, own.toString(), "--force")).isZero();
    assertThat(Files.readAllBytes(own)).isEqualTo(before);

    Path run = directory.resolve("run");
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, run.toString())).isZero();
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, run.toString(), "--force"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("a run is never overwritten");
  }

  @Test
  void checkpointsAreFoundByStepAndByScore() throws IOException {
    Path run = directory.resolve("run");
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, run.toString())).isZero();
    Path first = run.resolve("checkpoints/step-00000000");
    for (int step : List.of(5, 9)) {
      Path copy = Files.createDirectories(run.resolve("checkpoints/step-0000000" + step));
      try (Stream<Path> files = Files.list(first)) {
        for (Path file : files.toList()) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
    }
    assertThat(exportedStep(run, "best")).isEqualTo(3);
    assertThat(err.toString()).contains("has a score. Run mim evaluate");
    score(run, 0, "knn", 0.9);
    score(run, 5, "linear", 0.8);
    score(run, 7, "linear", 0.99);
    score(run, 9, "linear", 0.7);
    assertThat(exportedStep(run, "best")).isZero();
    assertThat(out.toString()).contains("step-00000005/model");
    assertThat(exportedStep(run, "latest")).isZero();
    assertThat(out.toString()).contains("step-00000009/model");
    assertThat(exportedStep(run, "0")).isZero();
    assertThat(out.toString()).contains("step-00000000/model");
    assertThat(exportedStep(run, "7")).isEqualTo(3);
    assertThat(exportedStep(run, "newest")).isEqualTo(2);
    assertThat(err.toString()).contains("a number of steps, latest or best");
  }

  @Test
  void wrongArgumentsNameTheAllowedOnes() throws IOException {
    Path own = directory.resolve("own.safetensors");
    assertThat(imported(golden("localmim_vit_dev"), LOCALMIM, own.toString())).isZero();
    Path target = directory.resolve("x.safetensors");
    assertThat(exported("--weights", own, "--format", "torch", "--part", "full", target))
        .isEqualTo(2);
    assertThat(err.toString()).contains("there is no format torch; known are mae, mmpretrain");
    assertThat(exported("--weights", own, "--format", "timm", "--part", "full", target))
        .isEqualTo(2);
    assertThat(err.toString()).contains("the format timm: that has no names for");
    assertThat(imported(own, LOCALMIM, target.toString(), "--format", "torch")).isEqualTo(2);
    assertThat(err.toString()).contains("and auto");
    assertThat(target).doesNotExist();
    assertThat(mim("--help")).isZero();
    assertThat(out.toString()).contains("export", "import");
  }

  private void score(Path run, int step, String stage, double accuracy) throws IOException {
    Path folder = Files.createDirectories(run.resolve("eval/step-0000000" + step));
    Files.writeString(
        folder.resolve(stage + ".json"),
        String.format(
            java.util.Locale.ROOT,
            "{\"stage\":\"%s\",\"step\":%d,\"feature\":\"mean\",\"settings\":{},"
                + "\"train\":{\"uri\":\"a\",\"hash\":\"1\",\"images\":4},"
                + "\"test\":{\"uri\":\"b\",\"hash\":\"2\",\"images\":4},"
                + "\"classes\":2,\"accuracy\":%s,\"random-init-accuracy\":0.5,\"seconds\":1}",
            stage,
            step,
            accuracy));
  }

  private int exportedStep(Path run, String step) {
    return mim(
        "export",
        "--run",
        run.toString(),
        "--checkpoint",
        step,
        "--format",
        "mae",
        "--force",
        "--output",
        directory.resolve("step.safetensors").toString());
  }

  private int exported(
      String option, Path source, String format, String key, String part, String which, Path to) {
    return mim(
        "export", option, source.toString(), format, key, part, which, "--output", to.toString());
  }

  private int imported(Path weights, String model, String output, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("import", "--weights", weights.toString(), "--conf", recipe(model)));
    if (weights.toString().endsWith("_dev.safetensors")) {
      arguments.addAll(List.of("--prefix", "param/"));
    }
    arguments.addAll(List.of("--output", output));
    arguments.addAll(List.of(more));
    return mim(arguments.toArray(String[]::new));
  }

  private String recipe(String model) throws IOException {
    Path file = directory.resolve("recipe.conf");
    return Files.writeString(
            file, "model { arch = custom, image-size = 64\n" + model + "\n}\ntrain.seed = 3\n")
        .toString();
  }

  private int mim(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Mim.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  private static Map<String, ByteBuffer> contents(Path file, String prefix) throws IOException {
    Map<String, ByteBuffer> contents = new TreeMap<>();
    try (SafetensorsReader in = Safetensors.open(file)) {
      for (TensorHeader tensor : in.tensors()) {
        if (tensor.name().startsWith(prefix)) {
          contents.put(
              tensor.name().substring(prefix.length()), ByteBuffer.wrap(in.bytes(tensor.name())));
        }
      }
    }
    return contents;
  }

  private static Path golden(String bundle) {
    URL here = ExchangeTest.class.getResource("/golden/" + bundle + ".safetensors");
    if (here != null) {
      try {
        return Path.of(here.toURI());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(e);
      }
    }
    String folder = System.getenv("MIM_GOLDEN");
    assumeTrue(folder != null, "MIM_GOLDEN names no folder with " + bundle);
    return Path.of(folder, bundle + ".safetensors");
  }
}
