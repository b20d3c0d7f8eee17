package org.sparkmim.model.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.Network;
import org.sparkmim.model.RandomBatch;

class ModelSpecTest {
  @Test
  void defaultsAreThePublishedViTBase() {
    ModelSpec spec = spec("");
    assertThat(spec.taps()).containsExactly(1, 3, 9, 11);
    assertThat(spec.keep()).isEqualTo(49);
    assertThat(spec.cellSizes()).containsExactly(4, 8, 16, 32);
    assertThat(spec.targetWidth()).isEqualTo(27);
    assertThat(Network.layoutOf(spec).size())
        .as("trainable parameters of the published model")
        .isEqualTo(89_916_140L);
  }

  @Test
  void survivesItsJson() {
    assertThat(ModelSpec.fromJson(RandomBatch.smallSpec().toJson()))
        .isEqualTo(RandomBatch.smallSpec());
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
        "model.arch = vit-huge | vit-tiny, vit-small, vit-base, vit-large, custom",
        "model.arch = custom | must be a number when model.arch is custom",
        "model.scales = [4, 2, 1, 3] | not one of 4, 2, 1, 0.5",
        "model.patch-size = 14 | whole cells",
        "model.image-size = 240 | needs an even number of patches",
        "model.method = mae | supported: localmim",
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
