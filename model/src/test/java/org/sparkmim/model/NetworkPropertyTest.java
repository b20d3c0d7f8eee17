package org.sparkmim.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/** Whole networks of random shape: the engines compute what the reference computes. */
class NetworkPropertyTest {
  private static final double ROUNDING = 1e-4;

  @Property(tries = 12)
  void enginesAgreeOnRandomNetworks(@ForAll long seed) {
    Random random = new Random(seed);
    ModelSpec spec = spec(random);
    int batch = 1 + random.nextInt(3);
    RandomBatch minibatch = RandomBatch.draw(spec, batch, seed);
    // A tap without any weight has no loss to compare.
    for (float[] weights : minibatch.weights()) {
      weights[0] = 1;
    }
    Map<String, float[]> expected = run(spec, "reference", batch, minibatch, seed);
    for (String engine : List.of("onednn", "nd4j")) {
      Map<String, float[]> actual = run(spec, engine, batch, minibatch, seed);
      assertThat(actual.keySet()).isEqualTo(expected.keySet());
      expected.forEach(
          (name, numbers) ->
              assertThat(Trained.distance(actual.get(name), numbers))
                  .as("%s: %s of %s, batch %s, seed %s", engine, name, spec, batch, seed)
                  .isLessThan(ROUNDING));
    }
  }

  private static Map<String, float[]> run(
      ModelSpec spec, String engine, int batch, RandomBatch minibatch, long seed) {
    Map<String, float[]> results = new LinkedHashMap<>();
    try (Network network = Network.create(spec, EngineSpec.of(engine, "f32"), batch, true)) {
      network.initialise(seed);
      minibatch.feed(network);
      double[] losses = network.forward().clone();
      for (String name : network.names()) {
        if (name.matches("(block|latent|decoder_norm|pred)/.*")) {
          results.put(name, network.read(name));
        }
      }
      network.backward();
      results.putAll(Trained.of(network, losses));
    }
    return results;
  }

  private static ModelSpec spec(Random random) {
    int patch = 4 << random.nextInt(2);
    int grid = 2 + 2 * random.nextInt(3);
    int heads = 1 + random.nextInt(4);
    int decoderHeads = 1 + random.nextInt(3);
    int depth = 1 + random.nextInt(4);
    List<Integer> taps = new ArrayList<>();
    List<Double> scales = new ArrayList<>();
    for (int block = 0; block < depth; block++) {
      if (block == depth - 1 || random.nextBoolean()) {
        taps.add(block);
        scales.add(List.of(4.0, 2.0, 1.0, 0.5).get(random.nextInt(4)));
      }
    }
    return ModelSpec.localMim(
        grid * patch,
        new VitShape(
            patch, heads * 4 * (3 + random.nextInt(4)), depth, heads, 1 + random.nextInt(4)),
        taps,
        scales,
        new ModelSpec.Decoder(
            decoderHeads * 4 * (3 + random.nextInt(4)), 1 + random.nextInt(2), decoderHeads),
        0.25 + 0.5 * random.nextDouble(),
        1 + random.nextInt(18));
  }
}
