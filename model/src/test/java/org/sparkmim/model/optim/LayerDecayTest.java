package org.sparkmim.model.optim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.GoldenSchedules;

class LayerDecayTest {
  @Test
  void followsThePublishedScales() throws IOException {
    for (JsonNode golden : GoldenSchedules.read("layer_decay")) {
      LayerDecay layers =
          new LayerDecay(golden.get("layer_decay").asDouble(), golden.get("depth").asInt());
      assertThat(golden.get("parameters").size()).isPositive();
      for (Map.Entry<String, JsonNode> each : golden.get("parameters").properties()) {
        assertThat(layers.scale(each.getKey()))
            .as(each.getKey())
            .isEqualTo(each.getValue().get("lr_scale").asDouble(), Offset.offset(1e-15));
      }
    }
  }

  @Test
  void whatLiesAboveTheBlocksLearnsAtTheFullRate() {
    LayerDecay layers = new LayerDecay(0.5, 2);
    assertThat(layers.scale("blocks.1.norm1.weight")).isEqualTo(0.5);
    assertThat(layers.scale("head.weight")).isEqualTo(1);
    assertThat(layers.scale("blocks.odd")).isEqualTo(1);
    assertThat(LayerDecay.none().scale("blocks.7.norm1.weight")).isEqualTo(1);
  }
}
