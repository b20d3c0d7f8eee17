package org.sparkmim.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/** To predict hidden patches only changes what is computed, not losses and gradients. */
class HiddenPatchesTest {
  private static final int BATCH = 3;
  private static final VitShape ENCODER = new VitShape(4, 24, 3, 2, 2);

  static Stream<Arguments> networks() {
    return Stream.of("reference", "onednn", "nd4j")
        .flatMap(
            engine ->
                Stream.of(1, 2, 3)
                    .flatMap(depth -> specs(depth).map(spec -> Arguments.of(engine, spec))));
  }

  private static Stream<ModelSpec> specs(int depth) {
    ModelSpec.Decoder decoder = new ModelSpec.Decoder(16, depth, 2);
    return Stream.of(List.of(4.0, 0.5), List.of(2.0, 1.0))
        .map(scales -> ModelSpec.localMim(24, ENCODER, List.of(0, 2), scales, decoder, 0.75, 5));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void lossesAndGradientsAreThoseOfAllPatches(String engine, ModelSpec spec) {
    RandomBatch minibatch = RandomBatch.draw(spec, BATCH, 3);
    Map<String, float[]> all = run(engine, spec, minibatch, true);
    Map<String, float[]> hidden = run(engine, spec, minibatch, false);
    assertThat(hidden.keySet()).isEqualTo(all.keySet());
    all.forEach(
        (name, numbers) ->
            assertThat(Trained.distance(hidden.get(name), numbers))
                .as(name)
                .isLessThan(engine.equals("reference") ? 1e-6 : 2e-5));
  }

  @Test
  void ranksThatNameNoHiddenPatchAreRefused() {
    ModelSpec spec = RandomBatch.smallSpec();
    RandomBatch sound = RandomBatch.draw(spec, 1, 3);
    int[] restoreIds = sound.restoreIds().clone();
    for (int t = 0; t < restoreIds.length; t++) {
      restoreIds[t] = Math.min(restoreIds[t], spec.tokens() - 2);
    }
    try (Network network = Network.create(spec, EngineSpec.of("reference", "f32"), 1)) {
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(
              () ->
                  network.feed(
                      sound.patches(),
                      sound.keepIds(),
                      restoreIds,
                      sound.targets(),
                      sound.weights()))
          .withMessageContaining("hidden_ids")
          .withMessageContaining("is -1");
    }
  }

  private static Map<String, float[]> run(
      String engine, ModelSpec spec, RandomBatch minibatch, boolean inspectable) {
    try (Network network = Network.create(spec, EngineSpec.of(engine, "f32"), BATCH, inspectable)) {
      network.initialise(1);
      double[] losses = {};
      // The second pass finds what the first left behind.
      for (int pass = 0; pass < 2; pass++) {
        minibatch.feed(network);
        losses = network.forward().clone();
        network.backward();
      }
      return Trained.of(network, losses);
    }
  }
}
