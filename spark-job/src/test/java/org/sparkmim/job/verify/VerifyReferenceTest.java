package org.sparkmim.job.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.job.cli.Mim;
import org.sparkmim.model.weights.Tensor;

class VerifyReferenceTest {
  @TempDir Path directory;

  private record Run(int code, String out, String err) {}

  private static final String[] GROUPS = {
    "settings",
    "indices",
    "fixed",
    "forward",
    "loss",
    "gradient",
    "optimizer",
    "first-update",
    "loss-curve",
    "last-step"
  };

  @ParameterizedTest
  @CsvSource({
    "localmim_vit, reference",
    "localmim_vit, onednn",
    "mff_vit, onednn",
    "localmim_swin_hog, onednn",
    "maskalign_sum, onednn",
    "localmim_vit, nd4j",
    "mff_vit, nd4j",
    "localmim_swin_hog, nd4j",
    "maskalign_sum, nd4j"
  })
  void methodsAgreeWithTheirPublishedCode(String bundle, String engine) throws IOException {
    Run run = verify(Bundles.of(bundle), "--engine", engine, "--json");
    JsonNode report = new ObjectMapper().readTree(run.out);
    assertThat(report.path("missed")).as("beyond accept").isEmpty();
    assertThat(report.path("beyondAim")).as("real differences").isEmpty();
    assertThat(report.path("passed").booleanValue()).isTrue();
    assertThat(run.code).isZero();
    assertThat(report.findValuesAsText("group")).containsExactly(GROUPS);
  }

  /** Half precision is beyond limits meant for float32, and must not be called agreement. */
  @Test
  void halfPrecisionIsToldApart() {
    Run run = verify(Bundles.localMim(), "--engine", "onednn", "--precision", "bf16");
    assertThat(run.code).isEqualTo(4);
    assertThat(run.out).contains("engine  onednn, bf16").contains("FAILED");
  }

  @Test
  void hogAgreesWithThePublishedCode() throws IOException {
    Run run = verify(Bundles.hog(), "--json");
    JsonNode report = new ObjectMapper().readTree(run.out);
    assertThat(report.path("missed")).isEmpty();
    assertThat(report.path("beyondAim")).isEmpty();
    assertThat(run.code).isZero();
  }

  @Test
  void hogThatAnEngineMakesAgreesToo() throws IOException {
    Run run = verify(Bundles.hog(), "--engine", "reference");
    assertThat(run.out).contains("hog_int/3 on reference", "hog18b/2 on reference");
    assertThat(run.code).isZero();
  }

  @Test
  void theTableNamesEveryTensorAndTheVerdict() {
    Run run = verify(Bundles.localMim(), "--engine", "reference");
    assertThat(run.out)
        .contains("engine  reference, f32")
        .contains("grad/decoder.0.pred.4.weight")
        .contains("step1/cls_token")
        .contains("PASSED");
  }

  /** What only this side can get wrong shows in everything computed from it. */
  @ParameterizedTest
  @ValueSource(strings = {"param/blocks.2.attn.qkv.weight", "input/images", "input/noise_steps"})
  void aSpoiledInputIsFound(String tensor) throws IOException {
    Path file = directory.resolve("spoiled.safetensors");
    Bundles.spoiled(Bundles.localMim(), file, List.of(tensor), VerifyReferenceTest::addOne);
    assertThat(verify(file, "--engine", "reference").code).isEqualTo(4);
  }

  /** One number wrong in every kind of tensor: each must be missed, and nothing else. */
  @Test
  void everySpoiledResultIsFoundAndNamed() throws IOException {
    List<String> spoiled =
        List.of(
            "input/noise",
            "mask",
            "mask/3",
            "param/pos_embed",
            "param/hog_enc.1.conv.weight",
            "block/5",
            "latent/3",
            "decoder_norm/1",
            "pred/0",
            "target/2",
            "loss/1",
            "loss",
            "grad/decoder.2.mask_token",
            "step1/blocks.3.mlp.fc1.weight",
            "loss_curve",
            "step20/patch_embed.proj.weight");
    Path file = directory.resolve("spoiled.safetensors");
    Bundles.spoiled(Bundles.localMim(), file, spoiled, VerifyReferenceTest::addOne);
    Run run = verify(file, "--engine", "reference", "--json");
    assertThat(run.code).isEqualTo(4);
    List<String> missed = new ArrayList<>();
    new ObjectMapper().readTree(run.out).path("missed").forEach(n -> missed.add(n.textValue()));
    List<String> expected = new ArrayList<>(spoiled);
    // Both the optimiser alone and the whole step are held against it.
    expected.add("step1/blocks.3.mlp.fc1.weight");
    assertThat(missed).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void everySpoiledResultOfSwinIsFoundAndNamed() throws IOException {
    List<String> spoiled =
        List.of(
            "input/randperm",
            "mask",
            "mask/0",
            "ids_restore/1",
            "coords/2",
            "window/1/shift3",
            "param/decoder.1.pos_embed",
            "param/hog_enc.2.conv.weight",
            "block/2.1",
            "latent/0",
            "pred/1",
            "target/3",
            "loss/2",
            "loss",
            "grad/encoder.layers.1.blocks.1.attn.relative_position_bias_table",
            "loss_curve",
            "step20/encoder.layers.0.downsample.reduction.weight",
            "truecoords/latent/2",
            "truecoords/loss",
            "truecoords/loss_curve");
    Path file = directory.resolve("spoiled.safetensors");
    Bundles.spoiled(
        Bundles.of("localmim_swin_hog"), file, spoiled, VerifyReferenceTest::spoilFirst);
    Run run = verify(file, "--engine", "onednn", "--json");
    assertThat(run.code).isEqualTo(4);
    List<String> missed = new ArrayList<>();
    new ObjectMapper().readTree(run.out).path("missed").forEach(n -> missed.add(n.textValue()));
    List<String> expected = new ArrayList<>(spoiled);
    // A wrong golden gradient also misleads the optimiser that is fed with it.
    expected.add("step1/encoder.layers.1.blocks.1.attn.relative_position_bias_table");
    assertThat(missed).containsExactlyInAnyOrderElementsOf(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"img_size\": 224 | \"img_size\": 256 | input/images",
        "\"depths\": [2 | \"depths\": [900000000 | blocks.899999999",
        "\"embed_dim\": 6 | \"embed_dim\": 1000000000 | norm1.weight",
        "\"window_size\": 7 | \"window_size\": 30000 | relative_position_bias_table",
        "\"num_heads\": [1, 2 | \"num_heads\": [1, 5 | heads",
        "\"visible_units\": 12 | \"visible_units\": 13 | visible",
        "\"patch_norm\": true | \"patch_norm\": false | patch_norm"
      })
  void anOddConfigOfSwinIsRefused(String from, String to, String message) throws IOException {
    Path swin = Bundles.of("localmim_swin_hog");
    String config = Bundles.metadata(swin).get("config");
    assertThat(config).contains(from);
    Path file =
        Bundles.withMetadata(
            swin, directory.resolve("odd.safetensors"), Map.of("config", config.replace(from, to)));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains(message).contains("odd.safetensors").doesNotContain("Unexpected");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hog64/0", "hog_int/1", "hog18b/2", "input/images_u8", "debug/a"})
  void aSpoiledHogIsFound(String tensor) throws IOException {
    Path file = directory.resolve("spoiled.safetensors");
    Bundles.spoiled(Bundles.hog(), file, List.of(tensor), VerifyReferenceTest::flipFirst);
    assertThat(verify(file).code).isEqualTo(4);
  }

  @Test
  void anUnknownTensorIsNotVouchedFor() throws IOException {
    Path file =
        Bundles.with(
            Bundles.localMim(),
            directory.resolve("more.safetensors"),
            Tensor.floats("gram/0", List.of(1L), new float[1]));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(4);
    assertThat(run.out).contains("not compared").contains("gram/0");
  }

  @Test
  void aTruncatedFileIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(Bundles.localMim());
    for (int length : new int[] {0, 7, 5000, whole.length / 2, whole.length - 1}) {
      Path file = directory.resolve("cut.safetensors");
      Files.write(file, Arrays.copyOf(whole, length));
      Run run = verify(file);
      assertThat(run.code).as("of %s bytes", length).isEqualTo(2);
      assertThat(run.err).contains("cut.safetensors").doesNotContain("Exception");
      assertThat(run.out).isEmpty();
    }
  }

  @Test
  void aMissingFileIsRefused() {
    Run run = verify(directory.resolve("none.safetensors"));
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains("none.safetensors");
  }

  @Test
  void anotherMethodIsRefusedByName() throws IOException {
    Path file =
        Bundles.withMetadata(
            Bundles.hog(), directory.resolve("simmim.safetensors"), Map.of("model", "simmim"));
    Run run = verify(file);
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err)
        .contains("method not supported yet: simmim")
        .contains(
            "Supported are hog, linear_probe, localmim_swin, localmim_vit, mae_vit, maskalign,"
                + " mff_vit, vit_classify");
  }

  @Test
  void anotherFormatIsRefused() throws IOException {
    Path file =
        Bundles.withMetadata(
            Bundles.hog(), directory.resolve("weights.safetensors"), Map.of("format", "pt"));
    Run run = verify(file);
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains("its format is pt");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pred/2",
        "param/norm.0.bias",
        "grad/norm.0.bias",
        "step1/cls_token",
        "step20/patch_embed.proj.weight",
        "loss_curve",
        "input/noise_steps"
      })
  void aMissingTensorIsRefusedByName(String tensor) throws IOException {
    Path file =
        Bundles.without(Bundles.localMim(), directory.resolve("less.safetensors"), Set.of(tensor));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains(tensor.replace("param/", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"img_size\": 64 | \"img_size\": 65 | input/images",
        "\"depth\": 8 | \"depth\": 900000000 | blocks.899999999",
        "\"embed_dim\": 36 | \"embed_dim\": 2000000000 | pos_embed",
        "\"ln_eps\": 1e-06 | \"ln_eps\": 1e-05 | ln_eps",
        "\"num_heads\": 3 | \"num_heads\": 5 | heads",
        "\"taps\": [1 | \"taps\": [9 | taps",
        "\"taps\" | \"tops\" | lacks 'taps'",
        "\"len_keep\": 4 | \"len_keep\": 5 | keeps 5",
        "\"type\": \"AdamW\" | \"type\": \"Lion\" | Lion"
      })
  void anOddConfigIsRefused(String from, String to, String message) throws IOException {
    String config = Bundles.metadata(Bundles.localMim()).get("config");
    assertThat(config).contains(from);
    Path file =
        Bundles.withMetadata(
            Bundles.localMim(),
            directory.resolve("odd.safetensors"),
            Map.of("config", config.replace(from, to)));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains(message).contains("odd.safetensors").doesNotContain("Unexpected");
  }

  @Test
  void anotherDecayListIsADifference() throws IOException {
    String config = Bundles.metadata(Bundles.localMim()).get("config");
    Path file =
        Bundles.withMetadata(
            Bundles.localMim(),
            directory.resolve("decay.safetensors"),
            Map.of("config", config.replace("\"cls_token\", ", "")));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(4);
    assertThat(run.out).contains("differ: cls_token");
  }

  @Test
  void noiseThatCannotBeRankedIsRefused() throws IOException {
    Path file =
        Bundles.spoiled(
            Bundles.localMim(),
            directory.resolve("nan.safetensors"),
            List.of("input/noise_steps"),
            bytes -> bytes.putFloat(0, Float.NaN));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains("input/noise_steps holds NaN");
  }

  @Test
  void aNaNAmongTheParametersIsNoAgreement() throws IOException {
    Path file =
        Bundles.spoiled(
            Bundles.localMim(),
            directory.resolve("nan.safetensors"),
            List.of("param/norm.1.weight"),
            bytes -> bytes.putFloat(0, Float.NaN));
    assertThat(verify(file, "--engine", "reference").code).isEqualTo(4);
  }

  @Test
  void anUnknownEngineIsRefused() {
    Run run = verify(Bundles.localMim(), "--engine", "abacus");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains("abacus");
  }

  private static void addOne(ByteBuffer bytes) {
    bytes.putFloat(0, bytes.getFloat(0) + 1);
  }

  /** A one more, of a number; of an integer another one. */
  private static void spoilFirst(ByteBuffer bytes) {
    int bits = bytes.getInt(0);
    boolean integer = bits >= 0 && bits < 1 << 20;
    if (integer && bits != 0) {
      bytes.putInt(0, bits + 1);
    } else {
      addOne(bytes);
    }
  }

  private static void flipFirst(ByteBuffer bytes) {
    bytes.put(3, (byte) (bytes.get(3) ^ 0x40));
  }

  private static Run verify(Path file, String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] arguments = new String[options.length + 2];
    arguments[0] = "verify-reference";
    arguments[1] = file.toString();
    System.arraycopy(options, 0, arguments, 2, options.length);
    int code = Mim.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new Run(code, out.toString(), err.toString());
  }
}
