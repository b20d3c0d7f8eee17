package org.sparkmim.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Value;

/**
 * Each operation on an engine against the reference, result and gradients, in sizes on both sides
 * of the widths that vector and tile kernels work in. jqwik prints the seed of a failure and
 * shrinks its sizes.
 */
public abstract class OperationProperties {
  private static final int TRIES = 25;

  /** Rounding of float32 in sums of up to a few thousand terms. */
  private static final double SINGLE = 1e-5;

  /** Eight bits of mantissa in operands and results, over a few operations. */
  private static final double HALF = 5e-2;

  /**
   * Numbers that cancel are judged by the size of those that do not; in bf16 all are. In float32 a
   * gradient that cancels altogether may be off by 1e-6 of all gradients: the roundings, of 6e-8
   * each, of a sum of some hundred terms.
   */
  private static final double SHARE_OF_ALL = 1e-1;

  private static final double PUBLISHED_EPS = 1e-6;

  private final Engine engine;
  private final Set<Precision> precisions;

  protected OperationProperties(Engine engine, Set<Precision> precisions) {
    this.engine = engine;
    this.precisions = precisions;
  }

  @Property(tries = TRIES)
  void linear(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 70) int in,
      @ForAll @IntRange(min = 1, max = 70) int out,
      @ForAll boolean residual,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, rows, in);
    Value added = residual ? activation(n, rows, out) : null;
    compare(n, n.builder().linear(x, n.parameter(out, in), n.parameter(out), added));
  }

  /** Sizes at which weight gradients copy their operands first. */
  @Property(tries = 6)
  void largeLinear(@ForAll boolean widens, @ForAll boolean shared, @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    int in = widens ? 300 : 520;
    int out = widens ? 520 : 300;
    Value x = activation(n, 41, in);
    Value weight = n.parameter(out, in);
    Value bias = n.parameter(out);
    Value y = n.builder().linear(x, weight, bias);
    // A weight used twice makes its second gradient add to the first.
    compare(n, shared ? n.builder().linear(x, weight, bias, y) : y);
  }

  @Property(tries = TRIES)
  void gelu(
      @ForAll @IntRange(min = 4, max = 70) int rows,
      @ForAll @IntRange(min = 8, max = 70) int width,
      @ForAll @IntRange(min = 1, max = 6) int spread,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    // Sums of several numbers reach the tails, where approximations of erf differ.
    Value x = n.input(rows, 10 * spread);
    Value wide = n.builder().linear(x, n.parameter(width, x.width()), n.parameter(width));
    compare(n, n.builder().gelu(wide));
  }

  @Property(tries = TRIES)
  void layerNorm(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 8, max = 200) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, rows, width);
    compare(n, n.builder().layerNorm(x, n.parameter(width), n.parameter(width), PUBLISHED_EPS));
  }

  @Property(tries = TRIES)
  void attention(
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 2, max = 50) int tokens,
      @ForAll @IntRange(min = 1, max = 5) int heads,
      @ForAll @IntRange(min = 1, max = 40) int headWidth,
      @ForAll boolean all,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value qkv = activation(n, batch, tokens, 3 * heads * headWidth);
    compare(n, n.builder().attention(qkv, heads, all ? tokens : n.size(2, tokens)));
  }

  /** Heads and sequences of networks in use, and what reads the same projection a second time. */
  @Property(tries = TRIES)
  void attentionOfWideHeads(
      @ForAll @IntRange(min = 1, max = 2) int batch,
      @ForAll @IntRange(min = 2, max = 140) int tokens,
      @ForAll @IntRange(min = 1, max = 3) int heads,
      @ForAll @IntRange(min = 1, max = 16) int eighths,
      @ForAll boolean readTwice,
      @ForAll boolean all,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    int width = heads * 8 * eighths;
    Value qkv = activation(n, batch, tokens, 3 * width);
    int asking = all ? tokens : n.size(2, tokens);
    Value attended = n.builder().attention(qkv, heads, asking);
    if (readTwice) {
      Value again = n.builder().attention(qkv, 1, asking);
      attended = n.builder().linear(attended, n.parameter(width, width), null, again);
    }
    compare(n, attended);
  }

  /** More scores than are worked on at once, and a number of images that leaves a rest. */
  @Property(tries = 3)
  void attentionInParts(@ForAll @IntRange(min = 4, max = 5) int batch, @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value qkv = activation(n, batch, 150, 3 * 8 * 4);
    compare(n, n.builder().attention(qkv, 8));
  }

  /** Even one image has more scores than are worked on at once. */
  @Property(tries = 2)
  void attentionInPartsOfAnImage(@ForAll @IntRange(min = 3, max = 5) int heads, @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    compare(n, n.builder().attention(activation(n, 2, 500, 3 * heads * 2), heads));
  }

  /** Images without the branch, with it, and with more of it; a stream that others read, too. */
  @Property(tries = TRIES)
  void addBranch(
      @ForAll @IntRange(min = 1, max = 5) int batch,
      @ForAll @IntRange(min = 1, max = 90) int tokens,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll boolean readTwice,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, batch, tokens, width);
    Value branch = n.builder().linear(x, n.parameter(width, width), n.parameter(width));
    Value out = n.builder().addBranch(x, branch, n.branchScale(3, batch), 1);
    compare(n, readTwice ? n.builder().addBranch(out, branch, n.branchScale(1, batch), 0) : out);
  }

  @Property(tries = TRIES)
  void linearWithoutBias(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 70) int in,
      @ForAll @IntRange(min = 1, max = 70) int out,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    compare(n, n.builder().linear(activation(n, rows, in), n.parameter(out, in)));
  }

  @Property(tries = TRIES)
  void windowAttention(
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 2, max = 70) int tokens,
      @ForAll @IntRange(min = 2, max = 40) int capacity,
      @ForAll boolean oneGroup,
      @ForAll @IntRange(min = 1, max = 4) int heads,
      @ForAll @IntRange(min = 1, max = 40) int headWidth,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value qkv = activation(n, batch, tokens, 3 * heads * headWidth);
    int groups = 1 + (tokens + capacity - 1) / capacity;
    RandomWindows windows =
        oneGroup
            ? new RandomWindows(tokens, tokens, 1)
            : new RandomWindows(tokens, capacity, groups);
    compare(n, windows.attention(n, qkv, heads));
  }

  /** More scores than are worked on at once, and a number of images that leaves a rest. */
  @Property(tries = 3)
  void windowAttentionInParts(@ForAll boolean oneGroup, @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value qkv = activation(n, 5, 150, 3 * 8 * 4);
    RandomWindows windows =
        oneGroup ? new RandomWindows(150, 150, 1) : new RandomWindows(150, 140, 3);
    compare(n, windows.attention(n, qkv, 8));
  }

  @Property(tries = TRIES)
  void permute(
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 1, max = 7) int grid,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll boolean transposed,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, batch, 4 * grid * grid, width);
    List<Integer> axes = transposed ? List.of(0, 2, 3, 1, 4) : List.of(0, 2, 1, 3, 4);
    List<Integer> extents = List.of(batch * grid, 2, grid, 2, width);
    compare(n, n.builder().permute(x, extents, axes, batch, grid * grid, 4 * width));
  }

  @Property(tries = TRIES)
  void restoreTokens(
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll @IntRange(min = 1, max = 50) int visible,
      @ForAll @IntRange(min = 0, max = 50) int hidden,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    int tokens = visible + hidden;
    Value x = activation(n, batch, visible, width);
    Value ids = n.index(n.permutation(tokens), tokens);
    Value positions = n.constant(tokens, width);
    compare(n, n.builder().restoreTokens(x, n.parameter(1, 1, width), positions, ids));
  }

  @Property(tries = TRIES)
  void gatherRows(
      @ForAll @IntRange(min = 1, max = 70) int table,
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 1, max = 50) int chosen,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    GraphBuilder b = n.builder();
    Value rows = b.gatherRows(n.constant(table, width), n.choices(table, batch, chosen));
    Value x = n.input(batch, chosen, 7);
    compare(n, b.linear(x, n.parameter(width, 7), n.parameter(width), rows));
  }

  /** Rows of a result, alone or behind others; a table that others read, too. */
  @Property(tries = TRIES)
  void gatherComputedRows(
      @ForAll @IntRange(min = 1, max = 70) int table,
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll @IntRange(min = 1, max = 50) int front,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll boolean behind,
      @ForAll boolean readTwice,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    GraphBuilder b = n.builder();
    Value rows = activation(n, table, 1, width);
    Value first = behind ? activation(n, batch, front, width) : null;
    Value ids = n.distinct(table, batch, n.size(1, table));
    if (readTwice) {
      n.loss(b.linear(rows, n.parameter(3, width), n.parameter(3)));
      if (behind) {
        n.loss(b.linear(first, n.parameter(3, width), n.parameter(3)));
      }
    }
    compare(n, b.gatherRows(first, rows, ids));
  }

  /** Predictions of some rows of a target. */
  @Property(tries = TRIES)
  void lossOnSomeRows(
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 0, max = 70) int more,
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, rows, 8);
    Value prediction = n.builder().linear(x, n.parameter(width, 8), n.parameter(width));
    n.lossOnSomeRows(prediction, more);
    compare(n, x);
  }

  @Property(tries = TRIES)
  void prependAndDropTokens(
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll @IntRange(min = 1, max = 50) int tokens,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll @IntRange(min = 0, max = 50) int drop,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, batch, tokens, width);
    Value longer = n.builder().prependToken(x, n.parameter(1, 1, width));
    int dropped = Math.min(drop, tokens);
    compare(n, dropped > 0 ? n.builder().dropTokens(longer, dropped) : longer);
  }

  @Property(tries = TRIES)
  void unshuffle(
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll @IntRange(min = 1, max = 50) int visible,
      @ForAll @IntRange(min = 0, max = 50) int hidden,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    int tokens = visible + hidden;
    Value x = activation(n, batch, visible + 1, width);
    Value positions = n.constant(tokens + 1, width);
    Value restore = n.permutations(batch, tokens);
    compare(n, n.builder().unshuffle(x, n.parameter(1, 1, width), positions, restore));
  }

  @Property(tries = TRIES)
  void convTranspose(
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 1, max = 9) int grid,
      @ForAll @IntRange(min = 1, max = 40) int channels,
      @ForAll @IntRange(min = 1, max = 40) int outs,
      @ForAll @IntRange(min = 1, max = 3) int grids,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, batch, grids * grid * grid, channels);
    Value weight = n.parameter(channels, outs, 2, 2);
    compare(n, n.builder().convTranspose2x(x, weight, n.parameter(outs), grid));
  }

  @Property(tries = TRIES)
  void avgPool(
      @ForAll @IntRange(min = 1, max = 3) int batch,
      @ForAll @IntRange(min = 1, max = 7) int halfGrid,
      @ForAll @IntRange(min = 1, max = 70) int channels,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    int grid = 2 * halfGrid;
    compare(n, n.builder().avgPool2x(activation(n, batch, grid * grid, channels), grid));
  }

  @Property(tries = TRIES)
  void addPositions(
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll @IntRange(min = 1, max = 50) int tokens,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, batch, tokens, width);
    compare(n, n.builder().addPositions(x, n.parameter(1, tokens, width)));
  }

  @Property(tries = TRIES)
  void tokenMean(
      @ForAll @IntRange(min = 1, max = 4) int batch,
      @ForAll @IntRange(min = 1, max = 50) int tokens,
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    compare(n, n.builder().tokenMean(activation(n, batch, tokens, width)));
  }

  @Property(tries = TRIES)
  void crossEntropy(
      @ForAll @IntRange(min = 1, max = 20) int batch,
      @ForAll @IntRange(min = 1, max = 90) int classes,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    Value x = activation(n, batch, 8);
    Value logits = n.builder().linear(x, n.parameter(classes, 8), n.parameter(classes));
    n.builder().crossEntropy(logits, n.shares(batch, classes));
    compare(n, x);
  }

  @Property(tries = TRIES)
  void mixAndSwish(
      @ForAll @IntRange(min = 1, max = 5) int terms,
      @ForAll @IntRange(min = 1, max = 70) int rows,
      @ForAll @IntRange(min = 1, max = 90) int width,
      @ForAll boolean softmax,
      @ForAll long seed) {
    RandomNetwork n = new RandomNetwork(seed);
    List<Value> mixed = new ArrayList<>();
    for (int j = 0; j < terms; j++) {
      mixed.add(n.builder().swish(activation(n, rows, width), 1.702));
    }
    compare(n, n.builder().mix(mixed, n.parameter(2, terms), 1, softmax));
  }

  /** What operations work on in networks; its gradient shows in those of weight and bias. */
  private static Value activation(RandomNetwork n, int... shape) {
    int[] inputShape = shape.clone();
    int width = shape[shape.length - 1];
    inputShape[shape.length - 1] = 6;
    return n.builder().linear(n.input(inputShape), n.parameter(width, 6), n.parameter(width));
  }

  /** Predictions are float32 in any precision, and come from a linear layer. */
  private static Value head(RandomNetwork n, Value x) {
    return n.builder().linear(x, n.parameter(5, x.width()), n.parameter(5));
  }

  /** Compares a result, the loss on it and all gradients. */
  private void compare(RandomNetwork network, Value result) {
    network.builder().label("result", result);
    Value prediction = network.builder().label("prediction", head(network, result));
    network.loss(prediction);
    Graph graph = network.graph();
    Op.MaskedLoss loss = (Op.MaskedLoss) graph.ops().get(graph.ops().size() - 1);
    try (ParameterVectors state = network.state(graph)) {
      Map<String, float[]> expected =
          run(new ReferenceEngine(), Precision.F32, network, graph, state);
      double all =
          Math.sqrt(
              expected.entrySet().stream()
                  .filter(entry -> entry.getKey().startsWith("gradient"))
                  .mapToDouble(entry -> Distances.squares(entry.getValue()))
                  .sum());
      double cancelled = cancelled(network, loss, expected);
      for (Precision precision : precisions) {
        Map<String, float[]> actual = run(engine, precision, network, graph, state);
        boolean single = precision == Precision.F32;
        expected.forEach(
            (name, numbers) -> {
              boolean gradient = name.startsWith("gradient");
              double typical = gradient ? all : Math.sqrt(numbers.length);
              double floor = single ? SHARE_OF_ALL * typical : typical;
              floor *= gradient ? cancelled : 1;
              assertThat(Distances.relative(actual.get(name), numbers, floor))
                  .as("%s, %s", precision, name)
                  .isLessThan(single ? SINGLE : HALF);
            });
      }
    }
  }

  /**
   * How much smaller the distances between prediction and target are than the numbers that
   * predictions are made of, at least 1: of these, {@link #HALF} may be rounding, and that much
   * more of the gradient, which is proportional to the distance.
   */
  private static double cancelled(
      RandomNetwork network, Op.MaskedLoss loss, Map<String, float[]> expected) {
    float[] targets = network.inputs().get(loss.target());
    float[] weights = network.inputs().get(loss.weight());
    float[] predictions = expected.get("prediction");
    float[] result = expected.get("result");
    double made = Math.max(1, Distances.squares(result) / result.length);
    double whole = 0;
    double left = 0;
    for (int i = 0; i < predictions.length; i++) {
      double weight = weights[i / loss.prediction().width()];
      double distance = predictions[i] - targets[i];
      whole += weight * weight * made;
      left += weight * weight * distance * distance;
    }
    return Math.max(1, Math.sqrt(whole / left));
  }

  private static Map<String, float[]> run(
      Engine engine,
      Precision precision,
      RandomNetwork network,
      Graph graph,
      ParameterVectors state) {
    Map<String, float[]> results = new LinkedHashMap<>();
    try (Program program =
        engine.compile(graph, state, new Engine.Options(true, true, precision))) {
      network.feed(program);
      program.forward();
      for (String name : List.of("result", "prediction")) {
        Value value = graph.find(name).orElseThrow();
        float[] numbers = new float[(int) value.size()];
        program.read(value, numbers);
        results.put(name, numbers);
      }
      results.put("loss", new float[] {(float) program.scalar(graph.losses().get(0))});
      program.backward();
      long offset = 0;
      for (Value parameter : graph.parameters()) {
        float[] gradient = new float[(int) parameter.size()];
        state.gradients().getPointer(offset).get(gradient);
        results.put("gradient of " + parameter, gradient);
        offset += parameter.size();
      }
    }
    return results;
  }
}
