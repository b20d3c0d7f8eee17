package org.sparkmim.model.engine;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Value;

/**
 * Random directed graphs of row-wise operations: values are read any number of times, as residuals
 * and otherwise, by operations that reach a loss and by some that do not.
 */
public final class RandomGraphs {
  private static final int ROWS = 2;
  private static final int WIDTH = 3;

  private RandomGraphs() {}

  public static RandomNetwork network(long seed) {
    RandomNetwork network = new RandomNetwork(seed);
    List<Value> values = new ArrayList<>();
    values.add(network.input(ROWS, WIDTH));
    values.add(network.parameter(ROWS, WIDTH));
    List<Value> weights = List.of(network.parameter(WIDTH, WIDTH), network.parameter(WIDTH, WIDTH));
    List<Value> vectors = List.of(network.parameter(WIDTH), network.parameter(WIDTH));
    int operations = network.size(1, 12);
    for (int i = 0; i < operations; i++) {
      Value x = any(network, values);
      Value result =
          switch (network.size(0, 4)) {
            case 0 -> network.builder().gelu(x);
            case 1 -> network.builder().layerNorm(x, vectors.get(0), vectors.get(1), 0.1);
            case 2 -> network.builder().linear(x, any(network, weights), any(network, vectors));
            default -> withResidual(network, x, any(network, values), weights, vectors);
          };
      values.add(result);
      if (network.size(0, 3) == 0) {
        network.loss(any(network, values));
      }
      if (network.size(0, 3) == 0) {
        network.builder().label("block/" + i, result);
      }
    }
    network.loss(any(network, values));
    return network;
  }

  private static Value withResidual(
      RandomNetwork network, Value x, Value residual, List<Value> weights, List<Value> vectors) {
    Value weight = any(network, weights);
    Value bias = any(network, vectors);
    return network.builder().linear(x, weight, bias, residual == x ? null : residual);
  }

  private static Value any(RandomNetwork network, List<Value> values) {
    return values.get(network.size(0, values.size() - 1));
  }
}
