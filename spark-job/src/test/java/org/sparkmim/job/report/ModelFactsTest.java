package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.report.ReportContent.Fact;
import org.sparkmim.model.method.ModelSpec;

class ModelFactsTest {

  @Test
  void localMimIsDescribed() {
    assertThat(facts("localmim", List.of("model.taps", "[0, 1, 2, 3]", "model.hog.bias", "true")))
        .containsEntry("Method", "LocalMIM")
        .containsEntry("Target", "HOG, 9 orientations, with a frozen bias")
        .containsEntry("Hidden patches", "75 %, at random")
        .containsEntry("Decoders on blocks", "1, 2, 3, 4")
        .containsEntry("Cells", "2, 4, 8, 16 px");
  }

  @Test
  void maeIsDescribed() {
    assertThat(facts("mae", List.of("model.masking.strategy", "block")))
        .containsEntry("Target", "pixels, each cell normalised")
        .containsEntry("Hidden patches", "75 %, in random rectangles")
        .containsEntry("Decoder on block", "4")
        .containsEntry("Cells", "8 px")
        .containsEntry("Decoder", "width 16, depth 1, heads 2");
  }

  @Test
  void mffIsDescribed() {
    assertThat(
            facts(
                "mff",
                List.of(
                    "model.fused",
                    "[0, 3]",
                    "model.masking.strategy",
                    "units",
                    "model.mask-ratio",
                    "0.5",
                    "model.masking.unit",
                    "16",
                    "model.target.kind",
                    "low-frequency",
                    "model.target.normalise",
                    "false")))
        .containsEntry("Target", "pixels, frequencies up to 40.0 cycles of 224 px")
        .containsEntry("Hidden patches", "75 %, in random squares of 16 px")
        .containsEntry("Fused blocks", "1, 4");
  }

  @Test
  void maskAlignIsDescribed() {
    assertThat(facts("maskalign", Specs.teacher("file:/teachers/mae.safetensors", 3)))
        .containsEntry("Target", "features of a frozen teacher")
        .containsEntry("Hidden patches", "75 %, more likely where the teacher attends little")
        .containsEntry("Its weights", "/teachers/mae.safetensors")
        .containsEntry("Matched", "its last 3 blocks")
        .containsEntry("Mixed blocks", "1, 2, 3, 4, linear")
        .doesNotContainKeys("Cells", "Decoder");
  }

  @Test
  void lossesHaveTheNamesOfTheirHeads() {
    assertThat(HeadNames.of(Specs.of("localmim", "model.taps", "[0, 1, 2, 3]")))
        .containsExactly(
            "2 px cells, block 1",
            "4 px cells, block 2",
            "8 px cells, block 3",
            "16 px cells, block 4");
    assertThat(HeadNames.of(Specs.of("mae"))).containsExactly("8 px cells");
    assertThat(HeadNames.of(Specs.maskAlign("", 2)))
        .containsExactly("teacher block 3", "teacher block 4");
  }

  private static Map<String, String> facts(String method, List<String> settings) {
    Recipe recipe = Specs.recipe(method, settings);
    return ModelFacts.of(ModelSpec.from(recipe.section("model")), recipe.section("model")).stream()
        .collect(Collectors.toMap(Fact::name, Fact::value));
  }
}
