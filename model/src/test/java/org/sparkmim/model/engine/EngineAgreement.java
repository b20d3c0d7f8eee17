package org.sparkmim.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/** An engine against the reference on random shapes: losses and gradients. */
public abstract class EngineAgreement {
  private static final int SEEDS = Integer.getInteger("sparkmim.seeds", 3);

  /** For networks of a few elements, whose sums may cancel; 3e-5 in thousands of runs. */
  private static final double TINY = 2e-4;

  /** Tensors this much smaller than the largest may be all cancellation: the key's bias, say. */
  private static final double FLOOR = 1e-2;

  private final Engine engine;
  private final Set<Precision> precisions;

  protected EngineAgreement(Engine engine, Set<Precision> precisions) {
    this.engine = engine;
    this.precisions = precisions;
  }

  @ParameterizedTest
  @EnumSource
  void inSinglePrecision(NetworkCase network) {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + SEEDS; seed++) {
      compare(network.network(seed), Precision.F32, TINY, network + ", seed " + seed);
    }
  }

  @Test
  void inSinglePrecisionOnRandomGraphs() {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + 5 * SEEDS; seed++) {
      compare(RandomGraphs.network(seed), Precision.F32, TINY, "random graph, seed " + seed);
    }
  }

  @Test
  void onShapesThatFillVectorRegisters() {
    long base = new Random().nextInt();
    for (Precision precision : precisions) {
      for (long seed = base; seed < base + SEEDS; seed++) {
        RandomNetwork network = new RandomNetwork(seed, 0.25f);
        autoencoder(network).write(network);
        compare(network, precision, tolerance(precision), precision + ", seed " + seed);
      }
    }
  }

  /** Up to 8e-7 and 8e-3 in some tens of runs. */
  private static double tolerance(Precision precision) {
    return precision == Precision.F32 ? 5e-6 : 3e-2;
  }

  private static RandomAutoencoder autoencoder(RandomNetwork n) {
    int heads = n.size(1, 4);
    int grid = 2 * n.size(1, 4);
    return new RandomAutoencoder(
        n.size(1, 4),
        grid,
        n.size(1, grid * grid),
        n.size(3, 48),
        heads * n.size(4, 24),
        heads * 2 * n.size(2, 12),
        heads,
        n.size(3, 27));
  }

  private void compare(RandomNetwork network, Precision precision, double tolerance, String name) {
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph)) {
      float[][] expected = run(new ReferenceEngine(), Precision.F32, network, graph, state);
      float[][] actual = run(engine, precision, network, graph, state);
      double floor = 0;
      for (float[] tensor : expected) {
        floor = Math.max(floor, FLOOR * size(tensor));
      }
      for (int i = 0; i < expected.length; i++) {
        double scale = Math.max(floor, size(expected[i]));
        assertThat(distance(actual[i], expected[i]) / scale)
            .as("%s: %s", name, i == 0 ? "losses" : "gradient of " + graph.parameters().get(i - 1))
            .isLessThan(tolerance);
      }
    }
  }

  /** Losses, then the gradient of each parameter; NaN where nothing is written. */
  private static float[][] run(
      Engine engine,
      Precision precision,
      RandomNetwork network,
      Graph graph,
      ParameterVectors state) {
    for (long i = 0; i < state.size(); i++) {
      state.gradients().put(i, Float.NaN);
    }
    try (Program program =
        engine.compile(graph, state, new Engine.Options(true, false, precision))) {
      network.feed(program);
      program.forward();
      program.backward();
      program.forward();
      program.backward();
      float[][] results = new float[1 + graph.parameters().size()][];
      results[0] = new float[graph.losses().size()];
      for (int i = 0; i < results[0].length; i++) {
        results[0][i] = (float) program.scalar(graph.losses().get(i));
      }
      long offset = 0;
      for (int p = 0; p < graph.parameters().size(); p++) {
        Value parameter = graph.parameters().get(p);
        results[p + 1] = new float[(int) parameter.size()];
        state.gradients().getPointer(offset).get(results[p + 1]);
        offset += parameter.size();
      }
      return results;
    }
  }

  /** Root of the mean square; what is untouched counts as zero. */
  private static double size(float[] numbers) {
    double squares = 0;
    for (float number : numbers) {
      squares += Float.isNaN(number) ? 0 : (double) number * number;
    }
    return Math.sqrt(squares / numbers.length);
  }

  /** Root of the mean square of the difference; NaN where only one of them is untouched. */
  private static double distance(float[] actual, float[] expected) {
    double squares = 0;
    for (int i = 0; i < actual.length; i++) {
      boolean untouched = Float.isNaN(expected[i]) && Float.isNaN(actual[i]);
      double difference = untouched ? 0 : (double) actual[i] - expected[i];
      squares += difference * difference;
    }
    return Math.sqrt(squares / actual.length);
  }
}
