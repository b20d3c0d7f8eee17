package org.sparkmim.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/** Networks whose images go without some residual branches. */
class DropPathTest {
  private static final int DEPTH = 3;
  private static final int BATCH = 2;
  private static final ModelSpec WHOLE =
      ModelSpec.localMim(
          32,
          new VitShape(8, 16, DEPTH, 2, 4),
          List.of(0, 1, 2),
          List.of(1.0, 1.0, 1.0),
          new ModelSpec.Decoder(16, 1, 2),
          0.5,
          9);

  @ParameterizedTest
  @ValueSource(strings = {"reference", "onednn"})
  void branchesThatCountWholeChangeNothing(String engine) {
    RandomBatch minibatch = RandomBatch.draw(WHOLE, BATCH, 1);
    float[] expected = gradients(WHOLE, engine, minibatch);
    float[] actual = gradients(dropping(), engine, minibatch);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).as("gradient %d", i).isCloseTo(expected[i], Offset.offset(1e-5f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reference", "onednn"})
  void anImageWithoutTheBranchesOfABlockPassesItUnchanged(String engine) {
    RandomBatch minibatch = RandomBatch.draw(WHOLE, BATCH, 1);
    try (Network network = Network.create(dropping(), EngineSpec.of(engine, "f32"), BATCH, true)) {
      network.initialise(1);
      minibatch.feed(network);
      float[] scale = new float[2 * DEPTH * BATCH];
      Arrays.fill(scale, 1);
      // Both branches of block 1 for image 0.
      scale[2 * BATCH] = 0;
      scale[3 * BATCH] = 0;
      network.scaleBranches(scale);
      network.forward();
      float[] before = network.read("block/0");
      float[] after = network.read("block/1");
      int image = before.length / BATCH;
      assertThat(Arrays.copyOf(after, image)).isEqualTo(Arrays.copyOf(before, image));
      assertThat(Arrays.copyOfRange(after, image, 2 * image))
          .isNotEqualTo(Arrays.copyOfRange(before, image, 2 * image));
    }
  }

  @Test
  void ratesRiseLinearlyAndAreChecked() {
    ModelSpec spec = dropping();
    assertThat(spec.dropPath(0)).isZero();
    assertThat(spec.dropPath(1)).isEqualTo(0.1);
    assertThat(spec.dropPath(2)).isEqualTo(0.2);
    assertThat(ModelSpec.fromJson(spec.toJson())).isEqualTo(spec);
    assertThatThrownBy(() -> with(1)).hasMessageContaining("model.drop-path = 1.0");
  }

  private static ModelSpec dropping() {
    return with(0.2);
  }

  private static ModelSpec with(double dropPath) {
    return new ModelSpec(
        WHOLE.method(),
        WHOLE.imageSize(),
        WHOLE.encoder(),
        WHOLE.taps(),
        WHOLE.scales(),
        WHOLE.fused(),
        WHOLE.decoder(),
        WHOLE.masking(),
        WHOLE.target(),
        WHOLE.alignment(),
        dropPath);
  }

  private static float[] gradients(ModelSpec spec, String engine, RandomBatch minibatch) {
    try (Network network = Network.create(spec, EngineSpec.of(engine, "f32"), BATCH)) {
      network.initialise(1);
      minibatch.feed(network);
      network.forward();
      network.backward();
      float[] gradients = new float[(int) network.layout().size()];
      new OffHeap(network.state().gradients(), gradients.length)
          .get(0, gradients, gradients.length);
      return gradients;
    }
  }
}
