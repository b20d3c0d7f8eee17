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
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.job.cli.Mim;

/** Fine-tuning, linear probe and the tables of schedules. */
class VerifyClassificationTest {
  private static final Path SCHEDULES =
      Path.of("../model/src/test/resources/golden/schedules_dev.json");

  @TempDir Path directory;

  private record Run(int code, String out, String err) {
    JsonNode report() throws IOException {
      return new ObjectMapper().readTree(out);
    }

    List<String> names(String list) throws IOException {
      List<String> names = new ArrayList<>();
      report().path(list).forEach(name -> names.add(name.textValue()));
      return names;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vit_classify, reference",
    "vit_classify, onednn",
    "linear_probe, reference",
    "linear_probe, onednn",
    "vit_classify, nd4j",
    "linear_probe, nd4j"
  })
  void agreesWithThePublishedCode(String bundle, String engine) throws IOException {
    Run run = verify(Bundles.of(bundle), "--engine", engine, "--json");
    assertThat(run.names("missed")).as("beyond accept").isEmpty();
    assertThat(run.names("beyondAim")).as("real differences").isEmpty();
    assertThat(run.code).isZero();
    assertThat(run.report().findValuesAsText("group"))
        .contains("settings", "forward", "loss", "gradient", "optimizer", "first-update")
        .contains("loss-curve", "last-step");
  }

  @Test
  void schedulesAgreeWithThePublishedCode() throws IOException {
    Run run = verify(SCHEDULES, "--json");
    assertThat(run.names("missed")).isEmpty();
    assertThat(run.names("beyondAim")).isEmpty();
    assertThat(run.code).isZero();
    assertThat(run.report().findValuesAsText("group"))
        .containsExactly("settings", "indices", "fixed", "schedule");
  }

  /** A bundle of other sizes, made by the reference engine: nothing is wired to the one above. */
  @ParameterizedTest
  @CsvSource({"3, 24, 8, 20, 5, 1, 4, 3", "1, 48, 16, 12, 3, 3, 2, 1", "5, 10, 5, 8, 1, 2, 9, 2"})
  void aBundleOfAnySizePasses(
      int batch, int image, int patch, int width, int heads, int depth, int classes, int steps)
      throws IOException {
    int evenHeads = width % heads == 0 ? heads : 1;
    Path file = directory.resolve("made.safetensors");
    new MadeBundle(batch, image, patch, width, evenHeads, depth, classes, steps).write(file);
    Run run = verify(file, "--engine", "onednn", "--json");
    assertThat(run.err).isEmpty();
    assertThat(run.names("missed")).isEmpty();
    assertThat(run.code).isZero();
  }

  @Test
  void everySpoiledResultOfFineTuningIsFoundAndNamed() throws IOException {
    List<String> spoiled =
        List.of(
            "block/2",
            "pooled",
            "latent/0",
            "logits",
            "targets",
            "loss",
            "loss_label_smoothing",
            "loss_cross_entropy",
            "grad/pos_embed",
            "loss_curve",
            "step20/head.weight");
    List<String> expected = new ArrayList<>(spoiled);
    // The optimiser alone is fed with the bundle's gradients.
    expected.add("step1/pos_embed");
    assertThat(missed("vit_classify", spoiled)).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void everySpoiledResultOfTheProbeIsFoundAndNamed() throws IOException {
    List<String> spoiled =
        List.of(
            "feature",
            "logits",
            "loss",
            "grad/head.1.bias",
            "step1/head.0.running_var",
            "step2/head.1.weight",
            "step3/head.0.running_mean",
            "loss_curve",
            "logits_eval");
    List<String> expected = new ArrayList<>(spoiled);
    expected.add("step1/head.1.bias");
    assertThat(missed("linear_probe", spoiled)).containsExactlyInAnyOrderElementsOf(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vit_classify | \"depth\": 4 | \"depth\": 900000000 | blocks.899999999",
        "vit_classify | \"embed_dim\": 48 | \"embed_dim\": 2000000000 | patch_embed",
        "vit_classify | \"patch_size\": 16 | \"patch_size\": 0 | patch_embed",
        "vit_classify | \"batch\": 4 | \"batch\": -4 | input/images",
        "vit_classify | \"mlp_ratio\": 4.0 | \"mlp_ratio\": 1e9 | fc1",
        "vit_classify | \"num_classes\": 7 | \"num_classes\": 5 | head.weight",
        "vit_classify | \"num_heads\": 3 | \"num_heads\": 5 | heads",
        "vit_classify | \"mixup_lam\": 0.7 | \"mixup_lam\": 1.7 | mixup_lam",
        "vit_classify | \"label_smoothing\": 0.1 | \"label_smoothing\": 1 | label_smoothing",
        "vit_classify | \"steps\": 20 | \"steps\": 2000000000 | loss_curve",
        "vit_classify | \"drop_path\": 0.0 | \"drop_path\": 0.1 | drop_path",
        "vit_classify | \"fixed\": [] | \"fixed\": [\"pos_embed\"] | pos_embed",
        "vit_classify | \"lr_scale\": { | \"lr_scale\": 1, \"x\": { | lr_scale",
        "linear_probe | \"affine\": false | \"affine\": true | affine",
        "linear_probe | \"biased\" | \"other\" | other",
        "linear_probe | \"type\": \"LARS\" | \"type\": \"LAMB\" | LAMB",
        "linear_probe | cls token after | mean token after | mean token",
        "linear_probe | \"num_heads\": 3 | \"num_heads\": 0 | heads"
      })
  void anOddConfigIsRefused(String bundle, String from, String to, String message)
      throws IOException {
    String config = Bundles.metadata(Bundles.of(bundle)).get("config");
    assertThat(config).contains(from);
    Path file =
        Bundles.withMetadata(
            Bundles.of(bundle),
            directory.resolve("odd.safetensors"),
            Map.of("config", config.replace(from, to)));
    assertRefused(verify(file, "--engine", "reference"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit_classify", "linear_probe"})
  void aLabelThatIsNoClassIsRefused(String bundle) throws IOException {
    Path file = directory.resolve("odd.safetensors");
    Bundles.spoiled(Bundles.of(bundle), file, List.of("input/labels"), bytes -> bytes.putInt(4, 7));
    assertRefused(verify(file, "--engine", "reference"), "input/labels holds 7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"param/fc_norm.bias", "grad/cls_token", "targets", "input/labels"})
  void aMissingTensorIsRefusedByName(String tensor) throws IOException {
    Path file = directory.resolve("odd.safetensors");
    Bundles.without(Bundles.of("vit_classify"), file, Set.of(tensor));
    assertRefused(verify(file, "--engine", "reference"), tensor.replace("param/", ""));
  }

  @Test
  void anotherLayerScaleIsADifference() throws IOException {
    String config = Bundles.metadata(Bundles.of("vit_classify")).get("config");
    Path file =
        Bundles.withMetadata(
            Bundles.of("vit_classify"),
            directory.resolve("scale.safetensors"),
            Map.of("config", config.replace("\"head.bias\": 1.0", "\"head.bias\": 0.9")));
    Run run = verify(file, "--engine", "reference");
    assertThat(run.code).isEqualTo(4);
    assertThat(run.out).contains("config lr_scale").contains("differ: head.bias");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.0024, 0.002398 | 0.0024, 0.002399 | cosine[0] values",
        "\"start_factor\": 0.0001 | \"start_factor\": 0.0002 | mmpretrain_schedule values",
        "\"lr_scale\": 0.65 | \"lr_scale\": 0.66 | layer_decay[0] lr_scale",
        "\"decayed\": true | \"decayed\": false | layer_decay[0] decayed",
        "\"row first | \"column first | pos_embed_mmpretrain[0]",
        "\"keep\": 49 | \"keep\": 50 | len_keep[0].keep",
        "\"swin_masked_units\": 37 | \"swin_masked_units\": 36 | len_keep[7].swin_masked_units",
        "\"len_keep\" | \"len_kept\" | len_kept",
        "\"min_lr\" | \"power\": 2, \"min_lr\" | cosine[0].power"
      })
  void aSpoiledTableIsFoundAndNamed(String from, String to, String name) throws IOException {
    Run run = verify(tables(from, to), "--json");
    assertThat(run.code).isEqualTo(4);
    assertThat(run.names("missed")).contains(name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"steps_per_epoch\": 7 | \"steps_per_epoch\": 0 | cosine[0].steps_per_epoch = 0",
        "\"steps_per_epoch\": 7 | \"steps_per_epoch\": \"7\" | cosine[0].steps_per_epoch",
        "\"grid\": 6 | \"grid\": 600000 | rows",
        "\"dim\": 96 | \"dim\": 95 | pos_embed[0].dim = 95",
        "\"old\": 4 | \"old\": 5 | pos_embed_bicubic[0].input has 17 rows",
        "column first | either | order",
        "\"warmup_epochs\" | \"warm\" | lacks 'cosine[0].warmup_epochs'",
        "mim-golden/1 | mim-golden/2 | mim-golden/2",
        "\"schedules\" | \"prices\" | prices",
        "\"cosine\": [ | \"cosine\": [] [ | JSON"
      })
  void anOddTableIsRefused(String from, String to, String message) throws IOException {
    assertRefused(verify(tables(from, to)), message);
  }

  @Test
  void aTruncatedTableIsRefused() throws IOException {
    String whole = Files.readString(SCHEDULES);
    for (int length : new int[] {0, 1, 7, 9, 500, whole.length() - 1}) {
      Path file = Files.writeString(directory.resolve("odd.json"), whole.substring(0, length));
      assertRefused(verify(file), "odd.json");
    }
  }

  private Path tables(String from, String to) throws IOException {
    String text = Files.readString(SCHEDULES);
    assertThat(text).contains(from);
    int at = text.indexOf(from);
    String spoiled = text.substring(0, at) + to + text.substring(at + from.length());
    return Files.writeString(directory.resolve("odd.json"), spoiled);
  }

  private List<String> missed(String bundle, List<String> spoiled) throws IOException {
    Path file = directory.resolve("spoiled.safetensors");
    Bundles.spoiled(Bundles.of(bundle), file, spoiled, VerifyClassificationTest::addOne);
    Run run = verify(file, "--engine", "reference", "--json");
    assertThat(run.code).isEqualTo(4);
    return run.names("missed");
  }

  private static void assertRefused(Run run, String message) {
    assertThat(run.code).as(run.err).isEqualTo(2);
    assertThat(run.err).contains(message).contains("odd.").doesNotContain("Exception");
    assertThat(run.out).isEmpty();
  }

  private static void addOne(ByteBuffer bytes) {
    bytes.putFloat(0, bytes.getFloat(0) + 1);
  }

  private static Run verify(Path file, String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> arguments = new ArrayList<>(List.of("verify-reference", file.toString()));
    arguments.addAll(List.of(options));
    int code =
        Mim.run(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            arguments.toArray(String[]::new));
    return new Run(code, out.toString(), err.toString());
  }
}
