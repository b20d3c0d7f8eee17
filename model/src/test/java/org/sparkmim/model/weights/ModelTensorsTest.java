package org.sparkmim.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.method.ModelSpec;

class ModelTensorsTest {
  static Stream<Arguments> published() {
    return Stream.of(
        Arguments.of("mae_vit_dev", TinyModels.MAE, WeightsFormat.MAE),
        Arguments.of("localmim_vit_dev", TinyModels.LOCALMIM, WeightsFormat.MAE),
        Arguments.of("maskalign_dev", TinyModels.MASKALIGN, WeightsFormat.MAE),
        Arguments.of("mff_vit_dev", TinyModels.MFF, WeightsFormat.MMPRETRAIN));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("published")
  void publishedPositionsAreThoseOfTheModel(String bundle, ModelSpec spec, WeightsFormat format)
      throws IOException {
    ModelTensors model = ModelTensors.of(spec);
    Map<String, FloatTensor> fixed = fixed(bundle, model, format);
    assertThat(fixed).hasSameSizeAs(model.fixed());
    model.requireFixed("file", fixed);
  }

  @Test
  void positionsOfTheOtherOrderAreToldApart() throws IOException {
    Map<String, FloatTensor> rowsFirst =
        fixed("mff_vit_dev", ModelTensors.of(TinyModels.MFF), WeightsFormat.MMPRETRAIN);
    ModelTensors columnsFirst = ModelTensors.of(TinyModels.MASKALIGN);
    assertThatThrownBy(() -> columnsFirst.requireFixed("file", rowsFirst))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("file: pos_embed has")
        .hasMessageContaining("the row in the first half, as in mmpretrain, and maskalign has");
  }

  @ParameterizedTest
  @CsvSource({"0.001", "NaN", "Infinity"})
  void trainedPositionsAreRefused(float change) throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.MAE);
    Map<String, FloatTensor> fixed = fixed("mae_vit_dev", model, WeightsFormat.MAE);
    change(fixed, "decoder_pos_embed", numbers -> numbers[100] += change);
    assertThatThrownBy(() -> model.requireFixed("file", fixed))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("decoder_pos_embed has")
        .hasMessageContaining("(element 100); its positions were trained or resized");
  }

  @Test
  void roundingOfTheTablesIsNoDifference() throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.MAE);
    Map<String, FloatTensor> fixed = fixed("mae_vit_dev", model, WeightsFormat.MAE);
    change(fixed, "pos_embed", numbers -> numbers[100] += 2e-6f);
    model.requireFixed("file", fixed);
  }

  @Test
  void onlyWhatFollowsFromTheTargetIsDispensable() {
    assertThat(ModelTensors.of(TinyModels.LOCALMIM).dispensable())
        .containsExactlyInAnyOrder(
            "hog_enc.0.conv.weight",
            "hog_enc.1.conv.weight",
            "hog_enc.2.conv.weight",
            "hog_enc.3.conv.weight");
    assertThat(ModelTensors.of(TinyModels.MFF).dispensable()).isEmpty();
  }

  @Test
  void aFileNamesItsModel() throws IOException {
    ModelTensors model = ModelTensors.of(TinyModels.MFF);
    assertThat(ModelTensors.named(claiming(TinyModels.MFF.toJson(), model)).spec())
        .isEqualTo(TinyModels.MFF);
  }

  /** A few words must neither fill the memory nor keep the processor, nor reach other files. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"depth\":6 | \"depth\":900 | model.taps",
        "\"depth\":6 | \"depth\":2000000000 | must be from 1 to",
        "\"image-size\":64 | \"image-size\":16384 | too small",
        "\"image-size\":64 | \"image-size\":2147483632 | patches visible",
        "\"width\":28 | \"width\":280000 | too small",
        "\"depth\":2 | \"depth\":2000000000 | too small",
        "\"method\":\"mff\" | \"method\":\"mfg\" | mfg",
        "\"depth\":6 | \"dept\":6 | depth",
        "{\"arch\" | include file(\"/etc/hostname\") {\"arch\" | cannot be",
      })
  void anImpossibleModelIsRefused(String part, String instead, String why) throws IOException {
    String json = TinyModels.MFF.toJson();
    assertThat(json).contains(part);
    SafetensorsReader file =
        claiming(
            json.replaceFirst(java.util.regex.Pattern.quote(part), instead),
            ModelTensors.of(TinyModels.MFF));
    assertThatThrownBy(() -> ModelTensors.named(file))
        .isInstanceOfSatisfying(
            ModelException.class, e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.INPUT))
        .hasMessageContaining("Cannot tell which model memory is of")
        .hasMessageContaining(why);
  }

  @Test
  void aFileWithoutAModelSaysWhatToDo() throws IOException {
    SafetensorsReader file = SafetensorsTest.open(SafetensorsTest.bytes(Map.of(), List.of()));
    assertThatThrownBy(() -> ModelTensors.named(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("import the file with a recipe first");
  }

  private static SafetensorsReader claiming(String json, ModelTensors model) throws IOException {
    List<Tensor> tensors =
        model.shapes(Part.FULL).entrySet().stream()
            .map(
                entry ->
                    Tensor.floats(
                        entry.getKey(),
                        entry.getValue(),
                        (from, into, count) -> java.util.Arrays.fill(into, 0, count, 1)))
            .toList();
    return SafetensorsTest.open(
        SafetensorsTest.bytes(Map.of(ModelTensors.METADATA, json), tensors));
  }

  private static Map<String, FloatTensor> fixed(
      String bundle, ModelTensors model, WeightsFormat format) throws IOException {
    Map<String, List<Long>> wanted = new HashMap<>();
    model
        .fixed()
        .forEach(tensor -> wanted.put(tensor.name(), model.shapes(Part.FULL).get(tensor.name())));
    try (SafetensorsReader file = Safetensors.open(golden())) {
      Map<String, FloatTensor> tensors = new HashMap<>();
      format
          .toOurs(file, bundle + "/", Part.FULL, wanted, java.util.Set.of())
          .tensors()
          .forEach(
              (name, tensor) ->
                  tensors.put(
                      name,
                      new FloatTensor(name, tensor.shape(), FloatSource.of(tensor.toArray(), 0))));
      return tensors;
    }
  }

  private static void change(
      Map<String, FloatTensor> tensors, String name, Consumer<float[]> change) {
    float[] numbers = tensors.get(name).toArray();
    change.accept(numbers);
    tensors.put(name, new FloatTensor(name, tensors.get(name).shape(), FloatSource.of(numbers, 0)));
  }

  private static Path golden() {
    try {
      return Path.of(
          ModelTensorsTest.class.getResource("/golden/official_positions.safetensors").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
