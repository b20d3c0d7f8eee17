package org.sparkmim.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.method.ModelSpec;

class WeightsFormatTest {
  private static final long SEED = 20240607;

  static Stream<Arguments> published() {
    return Stream.of(
        Arguments.of("mae_vit_dev", TinyModels.MAE, WeightsFormat.MAE),
        Arguments.of("localmim_vit_dev", TinyModels.LOCALMIM, WeightsFormat.MAE),
        Arguments.of("maskalign_dev", TinyModels.MASKALIGN, WeightsFormat.MAE),
        Arguments.of("mff_vit_dev", TinyModels.MFF, WeightsFormat.MMPRETRAIN));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("published")
  void aWholeModelHasThePublishedNamesAndShapes(String bundle, ModelSpec spec, WeightsFormat format)
      throws IOException {
    List<FloatTensor> ours = noise(ModelTensors.of(spec).shapes(Part.FULL));
    assertThat(shapes(format.toTheirs(ours))).isEqualTo(officialNames(bundle));
  }

  static Stream<Arguments> thatGoTogether() {
    List<Arguments> all = new ArrayList<>();
    for (ModelSpec spec :
        List.of(TinyModels.MAE, TinyModels.MFF, TinyModels.LOCALMIM, TinyModels.MASKALIGN)) {
      for (WeightsFormat format :
          List.of(WeightsFormat.MAE, WeightsFormat.MMPRETRAIN, WeightsFormat.TIMM)) {
        all.add(Arguments.of(spec, format, Part.ENCODER));
      }
      all.add(Arguments.of(spec, WeightsFormat.MAE, Part.FULL));
    }
    all.add(Arguments.of(TinyModels.MAE, WeightsFormat.MMPRETRAIN, Part.FULL));
    all.add(Arguments.of(TinyModels.MFF, WeightsFormat.MMPRETRAIN, Part.FULL));
    return all.stream();
  }

  @ParameterizedTest(name = "{1} {2} {0}")
  @MethodSource("thatGoTogether")
  void exportAndImportGiveTheSameBits(ModelSpec spec, WeightsFormat format, Part part)
      throws IOException {
    Map<String, List<Long>> wanted = ModelTensors.of(spec).shapes(part);
    List<FloatTensor> ours = noise(wanted);
    SafetensorsReader file = file(format.toTheirs(ours));
    assertThat(file.tensors()).hasSameSizeAs(ours);
    Imported back = format.toOurs(file, "", part, wanted, Set.of());
    assertThat(back.tensors().keySet()).containsExactlyElementsOf(wanted.keySet());
    for (FloatTensor tensor : ours) {
      assertSameBits(back.tensors().get(tensor.name()), tensor);
    }
    assertThat(back.passedOver()).isEmpty();
    assertThat(back.stands()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCALMIM_SWIN", "SWIN", "TIMM_SWIN"})
  void swinEncodersComeBackBitForBit(WeightsFormat format) throws IOException {
    List<FloatTensor> ours = noise(swinEncoder());
    SafetensorsReader file = file(format.toTheirs(ours));
    Imported back = format.toOurs(file, "", Part.ENCODER, swinEncoder(), Set.of());
    for (FloatTensor tensor : ours) {
      assertSameBits(back.tensors().get(tensor.name()), tensor);
    }
    assertThat(WeightsFormat.detect(file, "")).contains(format);
  }

  @Test
  void swinNamesAreThoseOfMicrosoftAndOfTimm() throws IOException {
    List<FloatTensor> ours = noise(swinEncoder());
    Map<String, List<Long>> official = shapes(WeightsFormat.SWIN.toTheirs(ours));
    assertThat(official)
        .containsEntry("patch_embed.norm.weight", List.of(6L))
        .containsEntry("layers.2.blocks.1.attn.relative_position_bias_table", List.of(169L, 3L))
        .containsEntry("layers.0.downsample.reduction.weight", List.of(12L, 24L))
        .containsEntry("norm.bias", List.of(48L))
        .doesNotContainKey("layers.3.downsample.norm.weight");
    assertThat(shapes(WeightsFormat.TIMM_SWIN.toTheirs(ours)))
        .as("timm merges at the start of the next stage")
        .containsEntry("layers.1.downsample.reduction.weight", List.of(12L, 24L))
        .containsEntry("layers.3.downsample.norm.bias", List.of(96L))
        .doesNotContainKey("layers.0.downsample.norm.weight")
        .containsEntry("layers.0.blocks.1.mlp.fc1.bias", List.of(24L));
  }

  /**
   * Merging 2x2 neighbours of C channels in LocalMIM's order with its weights gives the numbers
   * that Swin gives in its own order with the exported weights.
   */
  @Test
  void patchMergingStaysTheSameFunction() {
    int width = 6;
    List<FloatTensor> ours = noise(swinEncoder());
    List<FloatTensor> theirs = WeightsFormat.SWIN.toTheirs(ours);
    String own = "encoder.layers.0.downsample.";
    String their = "layers.0.downsample.";
    Random random = new Random(SEED);
    float[][] neighbour = new float[4][width];
    for (float[] channels : neighbour) {
      for (int c = 0; c < width; c++) {
        channels[c] = random.nextFloat() - 0.5f;
      }
    }
    float[] topLeft = neighbour[0];
    float[] topRight = neighbour[1];
    float[] bottomLeft = neighbour[2];
    float[] bottomRight = neighbour[3];
    double[] localMim =
        merged(ours, own, List.of(topLeft, topRight, bottomLeft, bottomRight), width);
    double[] swin =
        merged(theirs, their, List.of(topLeft, bottomLeft, topRight, bottomRight), width);
    double[] wrong = merged(ours, own, List.of(topLeft, bottomLeft, topRight, bottomRight), width);
    for (int i = 0; i < swin.length; i++) {
      assertThat(swin[i]).isCloseTo(localMim[i], org.assertj.core.data.Offset.offset(1e-9));
    }
    assertThat(wrong).as("the test can tell the orders apart").isNotEqualTo(localMim);
  }

  private static double[] merged(
      List<FloatTensor> tensors, String name, List<float[]> order, int width) {
    float[] gamma = find(tensors, name + "norm.weight").toArray();
    float[] beta = find(tensors, name + "norm.bias").toArray();
    float[] reduction = find(tensors, name + "reduction.weight").toArray();
    int in = 4 * width;
    double[] x = new double[in];
    for (int i = 0; i < in; i++) {
      x[i] = order.get(i / width)[i % width];
    }
    double mean = java.util.Arrays.stream(x).average().orElseThrow();
    double variance =
        java.util.Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] out = new double[reduction.length / in];
    for (int o = 0; o < out.length; o++) {
      for (int i = 0; i < in; i++) {
        double normed = (x[i] - mean) / Math.sqrt(variance + 1e-6) * gamma[i] + beta[i];
        out[o] += reduction[o * in + i] * normed;
      }
    }
    return out;
  }

  @Test
  void exchangedQuartersAreReadFromAnyElementOn() {
    FloatTensor ours =
        new FloatTensor(
            "encoder.layers.0.downsample.reduction.weight",
            List.of(2L, 8L),
            FloatSource.of(
                new float[] {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17}, 0));
    FloatTensor theirs = WeightsFormat.SWIN.toTheirs(List.of(ours)).get(0);
    assertThat(theirs.toArray())
        .containsExactly(0, 1, 4, 5, 2, 3, 6, 7, 10, 11, 14, 15, 12, 13, 16, 17);
    float[] piece = new float[5];
    theirs.values().read(3, piece, 5);
    assertThat(piece).containsExactly(5, 2, 3, 6, 7);
    theirs.values().read(7, piece, 5);
    assertThat(piece).containsExactly(7, 10, 11, 14, 15);
  }

  @Test
  void aClassifiersHeadIsPassedOverAndItsNormTakenWithANote() throws IOException {
    Map<String, List<Long>> wanted = ModelTensors.of(TinyModels.MAE).shapes(Part.ENCODER);
    List<FloatTensor> classifier = new ArrayList<>();
    for (FloatTensor tensor : noise(wanted)) {
      classifier.add(
          tensor.name().startsWith("norm.") ? tensor.named("fc_" + tensor.name()) : tensor);
    }
    classifier.addAll(noise(Map.of("head.weight", List.of(7L, 48L), "head.bias", List.of(7L))));
    SafetensorsReader file = file(classifier);
    assertThat(WeightsFormat.detect(file, "")).contains(WeightsFormat.TIMM);
    Imported imported = WeightsFormat.TIMM.toOurs(file, "", Part.ENCODER, wanted, Set.of());
    assertThat(imported.tensors()).hasSize(wanted.size());
    assertThat(imported.passedOver()).containsExactlyInAnyOrder("head.weight", "head.bias");
    assertThat(imported.stands())
        .containsExactlyInAnyOrder(
            "norm.weight is taken from fc_norm.weight", "norm.bias is taken from fc_norm.bias");
  }

  @Test
  void anEncoderIsTakenOutOfAWholeModel() throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.LOCALMIM);
    SafetensorsReader whole = file(noise(model.shapes(Part.FULL)));
    Imported encoder =
        WeightsFormat.MAE.toOurs(whole, "", Part.ENCODER, model.shapes(Part.ENCODER), Set.of());
    assertThat(encoder.tensors()).containsKeys("norm.3.weight", "pos_embed", "blocks.7.norm1.bias");
    assertThat(encoder.tensors()).doesNotContainKeys("norm.0.weight", "decoder.0.mask_token");
    assertThat(encoder.passedOver()).contains("norm.0.weight", "decoder.0.mask_token");
  }

  @Test
  void aTeacherInACheckpointIsPassedOver() throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.MASKALIGN);
    List<FloatTensor> tensors = new ArrayList<>(noise(model.shapes(Part.FULL)));
    tensors.addAll(noise(Map.of("clip_model.vision_model.x", List.of(2L))));
    Imported imported =
        WeightsFormat.MAE.toOurs(file(tensors), "", Part.FULL, model.shapes(Part.FULL), Set.of());
    assertThat(imported.passedOver()).containsExactly("clip_model.vision_model.x");
  }

  @Test
  void aPrefixIsTakenOffAndTensorsWithoutItPassedOver() throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.MAE);
    List<FloatTensor> tensors = new ArrayList<>();
    noise(model.shapes(Part.FULL)).forEach(t -> tensors.add(t.named("param/" + t.name())));
    tensors.addAll(noise(Map.of("loss", List.of(1L))));
    SafetensorsReader file = file(tensors);
    assertThat(WeightsFormat.detect(file, "")).isEmpty();
    assertThat(WeightsFormat.detect(file, "param/")).contains(WeightsFormat.MAE);
    Imported imported =
        WeightsFormat.MAE.toOurs(file, "param/", Part.FULL, model.shapes(Part.FULL), Set.of());
    assertThat(imported.tensors()).hasSize(model.shapes(Part.FULL).size());
    assertThat(imported.passedOver()).containsExactly("loss");
  }

  @Test
  void whatDoesNotFitIsCountedNamedAndSized() throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.MFF);
    List<Tensor> tensors = new ArrayList<>();
    for (FloatTensor tensor : WeightsFormat.MMPRETRAIN.toTheirs(noise(model.shapes(Part.FULL)))) {
      switch (tensor.name()) {
        case "backbone.pos_embed" ->
            tensors.add(Tensor.floats(tensor.name(), List.of(1L, 26L, 36L), new float[26 * 36]));
        case "backbone.ln1.weight" ->
            tensors.add(Tensor.ints(tensor.name(), List.of(36L), new int[36]));
        default -> {
          if (!tensor.name().startsWith("neck.decoder_blocks.1.")) {
            tensors.add(tensor.toTensor());
          }
        }
      }
    }
    tensors.add(Tensor.floats("backbone.layers.6.ln1.weight", List.of(36L), new float[36]));
    SafetensorsReader file = open(tensors);
    assertThatThrownBy(
            () ->
                WeightsFormat.MMPRETRAIN.toOurs(
                    file, "", Part.FULL, model.shapes(Part.FULL), Set.of()))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.INPUT))
        .hasMessageContaining("memory")
        .hasMessageContaining("12 missing: neck.decoder_blocks.1.ln1.weight [28], ")
        .hasMessageContaining("1 not of this model: 'backbone.layers.6.ln1.weight' [36]")
        .hasMessageContaining(
            "1 of another shape: 'backbone.pos_embed' is [1, 26, 36] where [1, 17, 36] is needed")
        .hasMessageContaining("1 no floating-point numbers: 'backbone.ln1.weight' I32");
  }

  /** A deeper encoder must never be cut to the depth that was asked for. */
  @ParameterizedTest
  @EnumSource(names = {"MAE", "TIMM", "MMPRETRAIN"})
  void aDeeperEncoderIsRefused(WeightsFormat format) throws IOException {
    Map<String, List<Long>> wanted = ModelTensors.of(TinyModels.MAE).shapes(Part.ENCODER);
    Map<String, List<Long>> deeper = new LinkedHashMap<>(wanted);
    deeper.put("blocks.4.norm1.weight", List.of(48L));
    SafetensorsReader file = file(format.toTheirs(noise(deeper)));
    assertThatThrownBy(() -> format.toOurs(file, "", Part.ENCODER, wanted, Set.of()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("1 not of this model");
  }

  @Test
  void halfPrecisionIsConverted() throws IOException {
    Map<String, List<Long>> wanted = Map.of("blocks.0.norm1.weight", List.of(2L));
    ByteBuffer brain = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    brain.putShort((short) 0x3f80).putShort((short) 0xc049).flip();
    SafetensorsReader file =
        open(List.of(Tensor.raw("blocks.0.norm1.weight", TensorType.BF16, List.of(2L), brain)));
    assertThat(
            WeightsFormat.MAE
                .toOurs(file, "", Part.ENCODER, wanted, Set.of())
                .tensors()
                .get("blocks.0.norm1.weight")
                .toArray())
        .containsExactly(1f, -3.140625f);
  }

  @Test
  void aFormatWithoutNamesForADecoderSaysSo() {
    List<FloatTensor> localMim = noise(ModelTensors.of(TinyModels.LOCALMIM).shapes(Part.FULL));
    for (WeightsFormat format :
        List.of(WeightsFormat.TIMM, WeightsFormat.MMPRETRAIN, WeightsFormat.SWIN)) {
      assertThatThrownBy(() -> format.toTheirs(localMim))
          .isInstanceOfSatisfying(
              ModelException.class,
              e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.ARGUMENT))
          .hasMessageContaining("the format " + format.key() + ": that has no names for")
          .hasMessageContaining("the encoder alone");
    }
  }

  @Test
  void everyFormatIsFoundByItsName() {
    assertThat(WeightsFormat.keys())
        .containsExactly("mae", "mmpretrain", "timm", "localmim-swin", "swin", "timm-swin");
    for (String key : WeightsFormat.keys()) {
      assertThat(WeightsFormat.of(key).orElseThrow().key()).isEqualTo(key);
    }
    assertThat(WeightsFormat.of("torch")).isEmpty();
  }

  private static Map<String, List<Long>> swinEncoder() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    try {
      officialNames("localmim_swin_hog_dev")
          .forEach(
              (name, shape) -> {
                if (name.startsWith("encoder.") && !name.matches("encoder\\.norm\\.[012]\\..*")) {
                  shapes.put(name, shape);
                }
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return shapes;
  }

  private static Map<String, List<Long>> officialNames(String bundle) throws IOException {
    Map<String, Map<String, List<Long>>> all =
        new ObjectMapper()
            .readValue(
                WeightsFormatTest.class.getResource("/golden/official_names.json"),
                new TypeReference<>() {});
    return all.get(bundle);
  }

  private static Map<String, List<Long>> shapes(List<FloatTensor> tensors) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    tensors.forEach(tensor -> shapes.put(tensor.name(), tensor.shape()));
    return shapes;
  }

  private static FloatTensor find(List<FloatTensor> tensors, String name) {
    return tensors.stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
  }

  /** Numbers of any bits, every tensor's of its own. */
  private static List<FloatTensor> noise(Map<String, List<Long>> shapes) {
    List<FloatTensor> tensors = new ArrayList<>();
    shapes.forEach(
        (name, shape) -> {
          Random random = new Random(SEED ^ name.hashCode());
          int size = (int) shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
          float[] numbers = new float[size];
          for (int i = 0; i < size; i++) {
            numbers[i] = (float) random.nextGaussian();
          }
          numbers[0] = -0.0f;
          numbers[size - 1] = Float.MIN_VALUE;
          tensors.add(new FloatTensor(name, shape, FloatSource.of(numbers, 0)));
        });
    return tensors;
  }

  private static void assertSameBits(FloatTensor found, FloatTensor expected) {
    assertThat(found.shape()).as(expected.name()).isEqualTo(expected.shape());
    float[] a = found.toArray();
    float[] b = expected.toArray();
    for (int i = 0; i < b.length; i++) {
      assertThat(Float.floatToRawIntBits(a[i]))
          .as("%s, element %d", expected.name(), i)
          .isEqualTo(Float.floatToRawIntBits(b[i]));
    }
  }

  private static SafetensorsReader file(List<FloatTensor> tensors) throws IOException {
    return open(tensors.stream().map(FloatTensor::toTensor).toList());
  }

  private static SafetensorsReader open(List<Tensor> tensors) throws IOException {
    return SafetensorsTest.open(SafetensorsTest.bytes(Map.of(), tensors));
  }
}
