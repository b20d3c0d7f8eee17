package org.sparkmim.model.method;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.Network;

class ModelSpecTest {
  @Test
  void defaultsAreThePublishedViTBase() {
    ModelSpec spec = spec("");
    assertThat(spec.taps()).containsExactly(1, 3, 9, 11);
    assertThat(spec.keep()).isEqualTo(49);
    assertThat(spec.cellSizes()).containsExactly(4, 8, 16, 32);
    assertThat(spec.outputs()).extracting(ModelSpec.Output::width).containsOnly(27);
    assertThat(Network.layoutOf(spec).size())
        .as("trainable parameters of the published model")
        .isEqualTo(89_916_140L);
  }

  /** Trainable numbers: published totals less the fixed positions (methods 1.1, 3.1, 4.8). */
  @ParameterizedTest
  @CsvSource({
    "mae, vit-base, 111655680",
    "mae, vit-large, 329239296",
    "mff, vit-base, 114608646",
    "maskalign, vit-base, 92734608"
  })
  void methodsHaveTheirPublishedParameters(String method, String arch, long parameters) {
    ModelSpec spec = spec("model { method = " + method + ", arch = " + arch + " }");
    assertThat(Network.layoutOf(spec).size()).isEqualTo(parameters);
  }

  @ParameterizedTest
  @ValueSource(strings = {"localmim", "mae", "mff", "maskalign"})
  void survivesItsJson(String method) {
    ModelSpec spec = spec("model.method = " + method);
    assertThat(ModelSpec.fromJson(spec.toJson())).isEqualTo(spec);
  }

  /** What no paper's code allows, from configuration alone. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method = localmim, target.kind = pixels | 48, 192, 768, 3072",
        "method = mff, target.kind = hog | 27",
        "method = mae, target.kind = low-frequency, scales = [0.5] | 3072",
        "method = maskalign, taps = [1, 3, 9, 11], alignment.mixing = sum | 768, 768, 768, 768, 768",
        "method = localmim, mask-ratio = 0.5, masking { strategy = units, unit = 32 } | 27, 27, 27, 27"
      })
  void partsOfDifferentMethodsGoTogether(String model, String widths) {
    ModelSpec spec = spec("model { image-size = 64, " + model + " }");
    Network.layoutOf(spec);
    assertThat(spec.outputs().stream().map(o -> "" + o.width()).collect(joining(", ")))
        .isEqualTo(widths);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.image-size = 100 | multiple of model.patch-size = 16; the nearest are 96 and 112",
        "model.mask-ratio = 1 | between 0 and 1",
        "model.mask-ratio = 0 | between 0 and 1",
        "model.mask-ratio = 0.9999 | at least 1",
        "model.taps = [1, 3, 9, 12] | between 0 and depth - 1 = 11",
        "model.taps = [1, 3] | one scale each",
        "model.taps = [3, 1, 9, 11] | must ascend",
        "model.depth = 4 | must ascend; give model.taps for an encoder of 4 blocks",
        "model.heads = 7 | must divide model.width = 768",
        "model.decoder.heads = 7 | must divide model.decoder.width = 256",
        "model.arch = vit-huge | swin-base, swin-large, custom",
        "model.arch = custom | must be a number when the arch is custom",
        "model.scales = [4, 2, 1, 3] | not one of 4, 2, 1, 0.5",
        "model.patch-size = 14 | whole cells",
        "model.image-size = 240 | needs an even number of patches",
        "model.method = simmim | mae, localmim, mff, maskalign",
        "model { method = mae, taps = [3, 11] } | belongs to localmim",
        "model { method = mae, fused = [3, 11] } | belongs to mff",
        "model { method = mff, fused = [3, 10] } | block 11",
        "model { method = mae, scales = [1, 2] } | one scale each",
        "model.target.kind = teacher | needs model.method = maskalign",
        "model.target.kind = sift | auto, hog, pixels, low-frequency, teacher",
        "model { method = maskalign, target.kind = hog } | aligns with a teacher",
        "model.masking.strategy = attention | only that has a teacher",
        "model.masking.strategy = blocks | auto, random, units, block, attention",
        "model.masking { strategy = units, unit = 24 } | multiple of model.patch-size = 16",
        "model { method = maskalign, alignment.levels = 13 } | between 1 and the teacher's depth 12",
        "model { method = maskalign, taps = [1, 3, 9, 11] } | use sum",
        "model { method = maskalign, teacher.family = beit } | clip, dino, vit",
        "model.hog.bins = 0 | between 1 and 64"
      })
  void aWrongValueIsNamedWithWhatIsAllowed(String setting, String message) {
    assertThatThrownBy(() -> spec(setting))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  private static ModelSpec spec(String overrides) {
    Config defaults = ConfigFactory.parseResources("reference.conf").getConfig("mim");
    Config config = ConfigFactory.parseString(overrides).withFallback(defaults);
    return ModelSpec.from(config.getConfig("model"));
  }
}
