package org.sparkmim.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.method.LocalMimSwin;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.SwinArch;
import org.sparkmim.model.method.SwinFeatures;
import org.sparkmim.model.method.SwinGrid;
import org.sparkmim.model.method.SwinIndices;
import org.sparkmim.model.method.SwinModel;
import org.sparkmim.model.method.SwinShape;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

class SwinNetworkTest {
  private static final double ROUNDING = 1e-4;
  private static final EngineSpec F32 = EngineSpec.of("onednn", "f32");
  private static final ModelSpec.Decoder DECODER = new ModelSpec.Decoder(8, 1, 2);

  /** Three stages on 6 x 6 units of 4 tokens a side: groups, shifts and merging all occur. */
  private static SwinGrid grid(SwinShape.Coordinates coordinates, SwinShape.MergeOrder order) {
    return new SwinGrid(
        new SwinShape(2, 8, List.of(2, 2, 1), List.of(1, 2, 4), 5, 2, coordinates, order), 48);
  }

  /** A mask and numbers for one step. */
  private static final class Batch {
    final int[] units;
    final float[] patches;
    final float[][] targets;
    final float[][] weights;

    Batch(SwinModel model, int[] units, long seed) {
      Random random = new Random(seed);
      this.units = units;
      patches = numbers(random, (int) model.patches().size());
      targets = new float[model.heads().size()][];
      weights = new float[model.heads().size()][];
      for (int k = 0; k < targets.length; k++) {
        targets[k] = numbers(random, (int) model.heads().get(k).target().size());
        weights[k] = numbers(random, (int) model.heads().get(k).weight().size());
        for (int i = 0; i < weights[k].length; i++) {
          weights[k][i] = Math.abs(weights[k][i]);
        }
      }
    }

    void feed(SwinNetwork network, SwinGrid grid) {
      SwinIndices indices = new SwinIndices(grid, units.length);
      indices.update(units);
      network.feed(patches, indices, targets, weights);
    }
  }

  @Property(tries = 4)
  void enginesAgree(@ForAll long seed) {
    Random random = new Random(seed);
    SwinGrid grid =
        grid(
            SwinShape.Coordinates.values()[random.nextInt(2)],
            SwinShape.MergeOrder.values()[random.nextInt(2)]);
    int[] units =
        random.ints(0, grid.units()).distinct().limit(2 + random.nextInt(10)).sorted().toArray();
    SwinModel model =
        LocalMimSwin.build(grid, units.length, DECODER, List.of(3, 5, 7), 1 + random.nextInt(3));
    Batch batch = new Batch(model, units, seed);
    Map<String, float[]> expected = run(grid, model, EngineSpec.of("reference", "f32"), batch);
    Map<String, float[]> actual = run(grid, model, F32, batch);
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, numbers) ->
            assertThat(Trained.distance(actual.get(name), numbers))
                .as("%s of seed %s", name, seed)
                .isLessThan(ROUNDING));
  }

  private static Map<String, float[]> run(
      SwinGrid grid, SwinModel model, EngineSpec engine, Batch batch) {
    Map<String, float[]> results = new LinkedHashMap<>();
    try (SwinNetwork network = SwinNetwork.create(model, engine, true)) {
      network.initialise(1);
      batch.feed(network, grid);
      double[] losses = network.forward().clone();
      for (int k = 0; k < losses.length; k++) {
        results.put("pred/" + k, network.read("pred/" + k));
        results.put("latent/" + k, network.read("latent/" + k));
      }
      network.backward();
      results.putAll(Trained.of(network, losses));
    }
    return results;
  }

  /** Masks change from step to step; the loss falls all the same. */
  @Test
  void learnsInHalfPrecision() {
    SwinGrid grid = grid(SwinShape.Coordinates.TRUE, SwinShape.MergeOrder.STANDARD);
    SwinModel model = LocalMimSwin.build(grid, 9, DECODER, List.of(3, 5, 7), 2);
    Random random = new Random(3);
    try (SwinNetwork network = SwinNetwork.create(model, EngineSpec.of("onednn", "bf16"), false)) {
      network.initialise(3);
      Optimizer.AdamW adamW = new Optimizer.AdamW(0.9, 0.95, 1e-8, 0.05);
      double first = 0;
      double last = 0;
      for (int step = 1; step <= 60; step++) {
        int[] units = random.ints(0, grid.units()).distinct().limit(9).sorted().toArray();
        new Batch(model, units, 3).feed(network, grid);
        last = Arrays.stream(network.forward()).sum();
        first = step == 1 ? last : first;
        network.backward();
        network.update(adamW, 3e-3, step);
      }
      assertThat(last).isLessThan(0.8 * first);
    }
  }

  @Test
  void decaysNeitherTablesNorTokens() {
    SwinModel model =
        LocalMimSwin.build(
            grid(SwinShape.Coordinates.TRUE, SwinShape.MergeOrder.STANDARD),
            9,
            DECODER,
            List.of(3, 5, 7),
            1);
    ParameterLayout layout = ParameterLayout.of(model.graph(), LocalMimSwin.UNDECAYED);
    assertThat(layout.entries())
        .filteredOn(ParameterLayout.Entry::decayed)
        .extracting(ParameterLayout.Entry::name)
        .contains("encoder.layers.0.downsample.reduction.weight", "decoder.1.pred.weight")
        .noneMatch(name -> name.matches(".*(bias|norm|token|table).*"));
  }

  /** 87,849,760 in the published checkpoint, with 87,808 of positions and 80 of HOG filters. */
  @Test
  void swinBaseHasThePublishedNumberOfParameters() {
    SwinModel model =
        LocalMimSwin.build(
            new SwinGrid(SwinArch.SWIN_BASE.shape(), 224),
            12,
            new ModelSpec.Decoder(128, 1, 4),
            List.of(54, 54, 54, 54),
            1);
    assertThat(ParameterLayout.of(model.graph()).size()).isEqualTo(87_849_760 - 87_808 - 80);
  }

  /** The encoder for evaluation is the trained one with nothing hidden. */
  @Test
  void featuresAreThoseOfATrainingNetworkThatSeesEverything() {
    SwinGrid trained = grid(SwinShape.Coordinates.PUBLISHED, SwinShape.MergeOrder.STANDARD);
    SwinGrid grid = SwinFeatures.grid(trained);
    int side = grid.side(0);
    int width = grid.patchWidth();
    SwinModel dense = SwinFeatures.build(trained, 2);
    float[] patches = numbers(new Random(5), (int) dense.patches().size());
    float[] byUnit = new float[patches.length];
    SwinIndices indices = new SwinIndices(grid, grid.units());
    indices.updateToAll();
    int[] rows = indices.windows(0).get(0).coordinates()[0];
    int[] columns = indices.windows(0).get(0).coordinates()[1];
    for (int b = 0; b < 2; b++) {
      for (int t = 0; t < rows.length; t++) {
        int from = ((b * side + rows[t]) * side + columns[t]) * width;
        System.arraycopy(patches, from, byUnit, (b * rows.length + t) * width, width);
      }
    }
    SwinModel model = LocalMimSwin.build(grid, grid.units(), DECODER, List.of(3, 5, 7), 2);
    Batch batch = new Batch(model, indicesOf(grid.units()), 5);
    System.arraycopy(byUnit, 0, batch.patches, 0, byUnit.length);
    try (SwinNetwork network = SwinNetwork.create(model, F32, true)) {
      network.initialise(7);
      batch.feed(network, grid);
      network.forward();
      float[] expected = network.read("latent/2");
      float[] actual = features(dense, indices, patches);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) actual[i]).isCloseTo(expected[i], within(2e-5));
      }
    }
  }

  private static float[] features(SwinModel dense, SwinIndices indices, float[] patches) {
    ParameterLayout layout = ParameterLayout.of(dense.graph());
    try (ParameterVectors state = ParameterVectors.allocate(layout.size());
        Program program =
            F32.engine()
                .compile(dense.graph(), state, new Engine.Options(false, false, Precision.F32))) {
      Network.initialise(layout, state, 7);
      program.write(dense.patches(), patches);
      indices.write(program, dense.indices());
      program.forward();
      float[] tokens = new float[(int) dense.tokens().size()];
      program.read(dense.tokens(), tokens);
      return tokens;
    }
  }

  private static int[] indicesOf(int count) {
    int[] all = new int[count];
    Arrays.setAll(all, i -> i);
    return all;
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
