package org.sparkmim.model.engine.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomGraphs;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/** The oneDNN engine against the reference on random shapes: losses and gradients. */
class AgreementTest {
  private static final int SEEDS = Integer.getInteger("sparkmim.seeds", 4);
  private static final double SINGLE = 2e-5;
  private static final double HALF = 5e-2;

  @ParameterizedTest
  @EnumSource
  void inSinglePrecision(NetworkCase network) {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + SEEDS; seed++) {
      compare(network.network(seed), Precision.F32, SINGLE, network + ", seed " + seed);
    }
  }

  @Test
  void inSinglePrecisionOnRandomGraphs() {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + 5 * SEEDS; seed++) {
      compare(RandomGraphs.network(seed), Precision.F32, SINGLE, "random graph, seed " + seed);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.INCLUDE, names = "MASKED_AUTOENCODER")
  void inHalfPrecision(NetworkCase network) {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + SEEDS; seed++) {
      compare(network.network(seed), Precision.BF16, HALF, network + ", seed " + seed);
    }
  }

  private static void compare(
      RandomNetwork network, Precision precision, double tolerance, String name) {
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph)) {
      float[][] expected = run(new ReferenceEngine(), Precision.F32, network, graph, state);
      float[][] actual = run(new OneDnnEngine(), precision, network, graph, state);
      for (int i = 0; i < expected.length; i++) {
        assertThat(distance(actual[i], expected[i]))
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

  /** Relative for numbers above 1, absolute below; 0 where both are NaN. */
  private static double distance(float[] actual, float[] expected) {
    double squares = 0;
    double scale = 1;
    for (int i = 0; i < actual.length; i++) {
      boolean untouched = Float.isNaN(expected[i]) && Float.isNaN(actual[i]);
      double difference = untouched ? 0 : (double) actual[i] - expected[i];
      squares += difference * difference;
      scale = untouched ? scale : Math.max(scale, Math.abs(expected[i]));
    }
    return Math.sqrt(squares / actual.length) / scale;
  }
}
