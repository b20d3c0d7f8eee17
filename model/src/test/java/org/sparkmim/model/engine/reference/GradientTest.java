package org.sparkmim.model.engine.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomGraphs;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;

/** Backward kernels against differences of forward passes. */
class GradientTest {
  private static final int SEEDS = Integer.getInteger("sparkmim.seeds", 12);

  /** Exact in float32 next to the parameters of a {@link RandomNetwork}. */
  private static final double STEP = 1.0 / (1 << 12);

  /** Half a unit in the last place of the float32 in which a gradient is handed over. */
  private static final double ROUNDING = 1.0 / (1 << 24);

  /** What the truncated difference and double arithmetic may be off by, for values around 1. */
  private static final double TRUNCATION = 1e-9;

  @ParameterizedTest
  @EnumSource
  void isTheDifferenceQuotientOfTheLosses(NetworkCase network) {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + SEEDS; seed++) {
      check(network.network(seed), network + ", seed " + seed);
    }
  }

  @Test
  void isTheDifferenceQuotientInRandomGraphs() {
    long base = new Random().nextInt();
    for (long seed = base; seed < base + 5 * SEEDS; seed++) {
      check(RandomGraphs.network(seed), "random graph, seed " + seed);
    }
  }

  private static void check(RandomNetwork network, String name) {
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph);
        Program program = new ReferenceEngine().compile(graph, state, training())) {
      fill(state.gradients(), state.size(), Float.NaN);
      network.feed(program);
      program.forward();
      program.backward();
      double[] expected = new double[(int) state.size()];
      double largest = totalLoss(graph, program);
      for (int i = 0; i < expected.length; i++) {
        expected[i] = differenceQuotient(graph, program, state.parameters(), i);
        largest = Math.max(largest, Math.abs(expected[i]));
      }
      for (int i = 0; i < expected.length; i++) {
        float gradient = state.gradients().get(i);
        if (Float.isNaN(gradient)) {
          assertThat(expected[i]).as("untouched parameter %d of %s", i, name).isZero();
          continue;
        }
        assertThat((double) gradient)
            .as("%s, parameter %d of %s", name, i, graph.parameters())
            .isCloseTo(
                expected[i], within(ROUNDING * Math.abs(expected[i]) + TRUNCATION * (1 + largest)));
      }
    }
  }

  /** Central, of fourth order: the error is {@code STEP^4 / 30} times the fifth derivative. */
  private static double differenceQuotient(
      Graph graph, Program program, FloatPointer parameters, int at) {
    double near = difference(graph, program, parameters, at, STEP);
    double far = difference(graph, program, parameters, at, 2 * STEP);
    return (8 * near - far) / (12 * STEP);
  }

  private static double difference(
      Graph graph, Program program, FloatPointer parameters, int at, double step) {
    float middle = parameters.get(at);
    double right = lossAt(graph, program, parameters, at, middle + step);
    double left = lossAt(graph, program, parameters, at, middle - step);
    parameters.put(at, middle);
    return right - left;
  }

  private static double lossAt(
      Graph graph, Program program, FloatPointer parameters, int at, double parameter) {
    assertThat((double) (float) parameter).as("Step should be exact").isEqualTo(parameter);
    parameters.put(at, (float) parameter);
    program.forward();
    return totalLoss(graph, program);
  }

  private static double totalLoss(Graph graph, Program program) {
    return graph.losses().stream().mapToDouble(program::scalar).sum();
  }

  private static Engine.Options training() {
    return new Engine.Options(true, false, Precision.F32);
  }

  private static void fill(FloatPointer vector, long size, float number) {
    for (long i = 0; i < size; i++) {
      vector.put(i, number);
    }
  }
}
