package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.ConfigFactory;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.data.batch.CropWriter;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.method.ModelSpec;

/** Targets that an engine makes are those of the loaders. */
class MinibatchFeedTest {
  private static final EngineSpec LOADER = new EngineSpec("reference", Precision.F32, 0);
  private static final EngineSpec DEVICE = new EngineSpec("reference", Precision.F32, 0, true);
  private static final int BATCH = 3;
  private static final String VIT =
      "arch = custom, image-size = 64, patch-size = 16, width = 16, depth = 4, heads = 2,"
          + " taps = [0, 1, 2, 3], decoder { width = 16, heads = 2 }";
  private static final String SWIN =
      "arch = swin-custom, image-size = 128, width = 8, decoder { width = 16, heads = 2 },"
          + " swin { depths = [1, 1, 1, 1], heads = [1, 1, 2, 2], window = 4 }";

  private static ModelSpec spec(String keys) {
    return ModelSpec.from(
        ConfigFactory.parseString(keys).withFallback(Recipe.defaults().section("model")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        VIT,
        VIT + ", hog.bins = 18, hog.bias = true",
        VIT + ", method = mae, target.kind = hog, hog.bins = 5, taps = [3], scales = [2]",
        SWIN,
        SWIN + ", hog { bins = 18, bias = true }"
      })
  void targetsAndLossesAreTheSame(String keys) {
    ModelSpec spec = spec(keys);
    Minibatch written = batch(spec, LOADER);
    Minibatch made = batch(spec, DEVICE);
    assertThat(written.crops()).isEmpty();
    assertThat(Arrays.stream(made.targets())).allSatisfy(tap -> assertThat(tap).isEmpty());
    try (Network network = Network.create(spec, LOADER, BATCH);
        Network maker = Network.create(spec, DEVICE, BATCH)) {
      network.initialise(1);
      maker.initialise(1);
      new MinibatchFeed(network, written.shape()).feed(written);
      new MinibatchFeed(maker, made.shape()).feed(made);
      for (int k = 0; k < spec.outputs().size(); k++) {
        float[] targets = maker.read("target/" + k);
        for (int i = 0; i < targets.length; i++) {
          // Both in double, but coarse cells are summed in another order before they are rounded.
          assertThat(targets[i]).isCloseTo(written.targets()[k][i], within(0x1p-23f));
        }
      }
      double[] losses = network.forward();
      double[] others = maker.forward();
      for (int k = 0; k < losses.length; k++) {
        assertThat(others[k]).isCloseTo(losses[k], within(1e-7 * losses[k]));
      }
    }
  }

  /** Noise, a picture of large flat areas, and one of 45-degree edges. */
  private static Minibatch batch(ModelSpec spec, EngineSpec engine) {
    Minibatch batch = new Minibatch(MinibatchShape.of(spec, 5, engine), BATCH);
    CropWriter writer = new CropWriter(batch.shape());
    int size = spec.imageSize();
    byte[] crop = new byte[3 * size * size];
    for (int b = 0; b < BATCH; b++) {
      new Random(b).nextBytes(crop);
      for (int i = 0; b > 0 && i < crop.length; i++) {
        int x = i % size;
        int y = i / size % size;
        crop[i] = (byte) (b == 1 ? x / 24 * 100 + y / 24 * 20 : (x + y) % 16 * 15);
      }
      SampleRandom random = new SampleRandom(5, 0, b, SampleRandom.Purpose.MASK);
      writer.write(crop, random, batch, b);
    }
    return batch;
  }

  @Test
  void rowsWithoutASampleHaveBlackImages() {
    Minibatch batch = batch(spec(VIT), DEVICE);
    int first = batch.crops().length / BATCH;
    byte[] kept = Arrays.copyOf(batch.crops(), first);
    MinibatchShape.emptyFrom(batch, 1);
    assertThat(Arrays.copyOf(batch.crops(), first)).isEqualTo(kept);
    assertThat(Arrays.copyOfRange(batch.crops(), first, BATCH * first)).containsOnly(0);
  }

  @Test
  void targetsOfOtherKindsAreRefused() {
    ModelSpec pixels = spec(VIT + ", target.kind = pixels");
    assertThatThrownBy(() -> MinibatchShape.of(pixels, 0, DEVICE))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "engine.targets = device makes model.target.kind = hog, and it is pixels. Use"
                + " engine.targets = loader.");
  }
}
