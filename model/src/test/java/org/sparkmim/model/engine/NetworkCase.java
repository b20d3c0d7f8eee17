package org.sparkmim.model.engine;

import static org.sparkmim.model.engine.RandomAutoencoder.layerNorm;
import static org.sparkmim.model.engine.RandomAutoencoder.linear;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;

/**
 * Small networks of random shape that between them use every operation, every way of writing a
 * gradient and the corner shapes. Each ends in at least one loss.
 */
public enum NetworkCase {
  LINEAR(
      n -> {
        Value x = n.parameter(n.size(1, 3), n.size(1, 4), n.size(1, 5));
        n.loss(linear(n, x, n.size(1, 5)));
      }),
  LINEAR_ON_AN_INPUT(
      n -> {
        Value x = n.input(n.size(1, 3), n.size(1, 4), n.size(1, 5));
        n.loss(linear(n, x, n.size(1, 5)));
      }),
  LINEAR_WITH_A_WEIGHT_OF_FOUR_DIMENSIONS(
      n -> {
        int outs = n.size(1, 4);
        Value x = n.input(n.size(1, 3), 12);
        n.loss(n.builder().linear(x, n.parameter(outs, 3, 2, 2), n.parameter(outs)));
      }),
  LINEAR_WITH_A_TRAINED_RESIDUAL(
      n -> {
        int rows = n.size(1, 4);
        int outs = n.size(1, 4);
        Value x = n.parameter(rows, n.size(1, 4));
        n.loss(linear(n, x, n.parameter(rows, outs)));
      }),
  LINEAR_WITH_A_CONSTANT_RESIDUAL(
      n -> {
        int rows = n.size(1, 4);
        int outs = n.size(1, 4);
        n.loss(linear(n, n.parameter(rows, n.size(1, 4)), n.input(rows, outs)));
      }),
  LINEAR_WITH_FIXED_WEIGHTS(
      n -> {
        int outs = n.size(1, 4);
        Value x = n.parameter(n.size(1, 3), n.size(1, 4));
        n.loss(n.builder().linear(x, n.constant(outs, x.width()), n.constant(outs)));
      }),
  GELU(n -> n.loss(n.builder().gelu(n.parameter(n.size(1, 5), n.size(1, 5))))),
  SWISH(n -> n.loss(n.builder().swish(n.parameter(n.size(1, 5), n.size(1, 5)), 1.702))),
  MIX(n -> mix(n, false)),
  MIX_BY_SOFTMAX(n -> mix(n, true)),
  MIX_BY_WEIGHTS_OF_FOUR_DIMENSIONS(
      n -> {
        List<Value> terms = List.of(n.parameter(2, 3), n.parameter(2, 3), n.input(2, 3));
        n.loss(n.builder().mix(terms, n.parameter(3, 1, 1, 1), 0, true));
      }),
  ADD_POSITIONS(
      n -> {
        Value x = n.parameter(n.size(1, 3), n.size(1, 3), n.size(1, 4));
        n.loss(n.builder().addPositions(x, n.parameter(1, x.extent(1), x.width())));
      }),
  ADD_POSITIONS_TO_AN_INPUT(
      n -> {
        Value x = n.input(n.size(1, 3), n.size(1, 3), n.size(1, 4));
        n.loss(n.builder().addPositions(x, n.parameter(x.extent(1), x.width())));
      }),
  ADD_FIXED_POSITIONS(
      n -> {
        Value x = n.parameter(n.size(1, 3), n.size(1, 3), n.size(1, 4));
        n.loss(n.builder().addPositions(x, n.constant(x.extent(1), x.width())));
      }),
  ADD_BRANCH(
      n -> {
        Value x = n.parameter(n.size(1, 4), n.size(1, 3), n.size(1, 4));
        Value branch = n.parameter(x.shape());
        n.loss(n.builder().addBranch(x, branch, n.branchScale(2, x.extent(0)), 1));
      }),
  ADD_A_BRANCH_TO_AN_INPUT(
      n -> {
        Value x = n.input(n.size(1, 4), n.size(1, 3), n.size(1, 4));
        Value branch = linear(n, x, x.width());
        n.loss(n.builder().addBranch(x, branch, n.branchScale(1, x.extent(0)), 0));
      }),
  ADD_BRANCHES_OF_BRANCHES(
      n -> {
        Value x = linear(n, n.input(n.size(1, 4), n.size(1, 3), 3), n.size(1, 4));
        Value scale = n.branchScale(2, x.extent(0));
        Value once = n.builder().addBranch(x, linear(n, x, x.width()), scale, 0);
        Value twice = n.builder().addBranch(once, linear(n, once, x.width()), scale, 1);
        n.loss(n.builder().addBranch(twice, once, scale, 0));
      }),
  TOKEN_MEAN(
      n -> n.loss(n.builder().tokenMean(n.parameter(n.size(1, 3), n.size(1, 4), n.size(1, 4))))),
  CROSS_ENTROPY(n -> crossEntropy(n, n.parameter(n.size(1, 5), n.size(2, 6)))),
  CROSS_ENTROPY_AND_ANOTHER_LOSS(
      n -> {
        Value logits = linear(n, n.input(n.size(1, 3), 4), n.size(2, 5));
        crossEntropy(n, logits);
        crossEntropy(n, logits);
        n.loss(logits);
      }),
  SMOOTH_LOSS(
      n -> {
        Value x = n.parameter(n.size(2, 5), n.size(2, 5));
        Value half = n.builder().constant("half", new float[] {0.5f}, 1, 1);
        n.smoothLoss(0.3, n.builder().mix(List.of(x), half, 0, false));
      }),
  LAYER_NORM(n -> n.loss(layerNorm(n, n.parameter(n.size(1, 3), n.size(1, 3), n.size(2, 6))))),
  LAYER_NORM_ON_AN_INPUT(n -> n.loss(layerNorm(n, n.input(n.size(1, 6), n.size(2, 6))))),
  ATTENTION(
      n -> {
        int heads = n.size(1, 3);
        int width = heads * n.size(1, 3);
        Value qkv = n.parameter(n.size(1, 2), n.size(2, 4), 3 * width);
        n.loss(n.builder().attention(qkv, heads));
      }),
  ATTENTION_WITH_ONE_HEAD(
      n -> {
        Value qkv = n.parameter(n.size(1, 2), n.size(2, 4), 3 * n.size(1, 4));
        n.loss(n.builder().attention(qkv, 1));
      }),
  LINEAR_WITHOUT_BIAS(
      n -> {
        Value x = n.parameter(n.size(1, 3), n.size(1, 4), n.size(1, 5));
        Value y = n.builder().linear(x, n.parameter(n.size(1, 5), x.width()));
        n.loss(n.builder().linear(x, n.parameter(y.width(), x.width()), null, y));
      }),
  ATTENTION_IN_ONE_GROUP_OF_WINDOWS(
      n -> {
        int tokens = n.size(2, 5);
        windowAttention(n, new RandomWindows(tokens, tokens, 1));
      }),
  ATTENTION_IN_GROUPS_OF_WINDOWS(
      n -> windowAttention(n, new RandomWindows(n.size(1, 6), n.size(2, 4), n.size(3, 4)))),
  ATTENTION_IN_WINDOWS_WITH_FIXED_BIAS(
      n -> {
        Value qkv = n.parameter(n.size(1, 2), 5, 6);
        n.loss(new RandomWindows(5, 3, 2).attention(n, qkv, n.constant(4, 2)));
      }),
  ATTENTION_IN_WINDOWS_OF_AN_INPUT(
      n -> n.loss(new RandomWindows(5, 3, 3).attention(n, n.input(n.size(1, 2), 5, 6), 2))),
  PERMUTE(
      n -> {
        int batch = n.size(1, 3);
        int grid = n.size(1, 3);
        int width = n.size(1, 3);
        Value x = n.parameter(batch, 4 * grid * grid, width);
        n.loss(merge(n, x, grid));
      }),
  RESTORE_TOKENS(
      n -> {
        int tokens = n.size(2, 6);
        restoreTokens(n, tokens, n.size(1, tokens));
      }),
  RESTORE_TOKENS_WITHOUT_GAPS(
      n -> {
        int tokens = n.size(1, 5);
        restoreTokens(n, tokens, tokens);
      }),
  GATHERED_ROWS_AS_RESIDUAL(
      n -> {
        int rows = n.size(1, 5);
        int width = n.size(1, 4);
        int batch = n.size(1, 3);
        int kept = n.size(1, 4);
        Value positions =
            n.builder().gatherRows(n.constant(rows, width), n.choices(rows, batch, kept));
        n.loss(linear(n, n.input(batch, kept, n.size(1, 4)), positions));
      }),
  GATHERED_ROWS_OF_A_RESULT(
      n -> {
        int rows = n.size(1, 5);
        Value table = linear(n, n.input(rows, n.size(1, 3)), n.size(1, 4));
        n.loss(n.builder().gatherRows(table, n.distinct(rows, n.size(1, 3), n.size(1, rows))));
      }),
  GATHERED_ROWS_BEHIND_OTHERS(
      n -> {
        int rows = n.size(1, 5);
        int width = n.size(1, 4);
        int batch = n.size(1, 3);
        Value front = linear(n, n.input(batch, n.size(1, 3), n.size(1, 3)), width);
        Value table = linear(n, n.input(rows, 1, n.size(1, 3)), width);
        Value ids = n.distinct(rows, batch, n.size(1, rows));
        n.loss(n.builder().gatherRows(front, table, ids));
      }),
  ATTENTION_BY_THE_LAST_TOKENS(
      n -> {
        int tokens = n.size(2, 5);
        Value qkv = n.parameter(n.size(1, 3), tokens, 3 * 2 * n.size(1, 2));
        n.loss(n.builder().attention(qkv, 2, n.size(2, tokens)));
      }),
  LOSS_ON_SOME_ROWS(n -> n.lossOnSomeRows(n.parameter(n.size(1, 4), n.size(1, 3)), n.size(0, 3))),
  PREPEND_TOKEN(
      n -> {
        int width = n.size(1, 4);
        Value x = n.parameter(n.size(1, 3), n.size(1, 3), width);
        n.loss(n.builder().prependToken(x, n.parameter(1, 1, width)));
      }),
  PREPEND_TOKEN_TO_AN_INPUT(
      n -> {
        int width = n.size(1, 4);
        Value x = n.input(n.size(1, 3), n.size(1, 3), width);
        n.loss(n.builder().prependToken(x, n.parameter(1, 1, width)));
      }),
  DROP_FIRST_TOKEN(
      n ->
          n.loss(n.builder().dropTokens(n.parameter(n.size(1, 3), n.size(2, 4), n.size(1, 4)), 1))),
  DROP_TOKENS(
      n ->
          n.loss(
              n.builder()
                  .dropTokens(
                      n.parameter(n.size(1, 3), n.size(4, 6), n.size(1, 4)), n.size(2, 3)))),
  UNSHUFFLE(
      n -> {
        int tokens = n.size(2, 6);
        unshuffle(n, tokens, n.size(1, tokens));
      }),
  UNSHUFFLE_OF_ONE_VISIBLE_TOKEN(n -> unshuffle(n, n.size(2, 6), 1)),
  UNSHUFFLE_WITHOUT_GAPS(
      n -> {
        int tokens = n.size(1, 5);
        unshuffle(n, tokens, tokens);
      }),
  CONV_TRANSPOSE(n -> convTranspose(n, n.size(1, 4))),
  CONV_TRANSPOSE_ON_A_GRID_OF_TWO(n -> convTranspose(n, 2)),
  CONV_TRANSPOSE_ON_SEVERAL_GRIDS(
      n -> {
        int channels = n.size(1, 3);
        int outs = n.size(1, 3);
        int grid = n.size(1, 3);
        Value x = n.parameter(n.size(1, 2), n.size(2, 3) * grid * grid, channels);
        Value weight = n.parameter(channels, outs, 2, 2);
        n.loss(n.builder().convTranspose2x(x, weight, n.parameter(outs), grid));
      }),
  AVG_POOL(n -> avgPool(n, 2 * n.size(1, 3))),
  AVG_POOL_ON_A_GRID_OF_TWO(n -> avgPool(n, 2)),
  VALUE_USED_BY_TWO_OPERATIONS(
      n -> {
        Value x = linear(n, n.input(n.size(1, 3), n.size(2, 4)), n.size(2, 4));
        n.loss(n.builder().gelu(x));
        n.loss(layerNorm(n, x));
      }),
  VALUE_USED_BY_TWO_LOSSES(
      n -> {
        Value x = linear(n, n.input(n.size(1, 3), n.size(2, 4)), n.size(2, 4));
        n.loss(x);
        n.loss(x);
      }),
  EVERY_OPERATION_ADDS_TO_A_GRADIENT(
      n -> {
        GraphBuilder b = n.builder();
        Value x = linear(n, n.input(2, 5, n.size(1, 3)), 6);
        Value y = linear(n, n.input(2, 4, n.size(1, 3)), 6);
        n.loss(b.gelu(x));
        n.loss(b.tokenMean(x));
        Value positions = n.parameter(5, 6);
        n.loss(b.addPositions(x, positions));
        n.loss(b.addPositions(linear(n, n.input(2, 5, 3), 6), positions));
        n.loss(layerNorm(n, x));
        n.loss(b.attention(x, 2));
        n.loss(b.attention(x, 2, 3));
        n.loss(b.gatherRows(y, x, n.distinct(10, 2, 4)));
        n.loss(b.dropTokens(x, 1));
        n.loss(b.unshuffle(x, n.parameter(1, 1, 6), n.constant(7, 6), n.permutations(2, 6)));
        n.loss(linear(n, x, 2));
        n.loss(linear(n, n.parameter(2, 5, 1), x));
        n.loss(b.prependToken(y, n.parameter(1, 1, 6)));
        n.loss(b.convTranspose2x(y, n.parameter(6, 2, 2, 2), n.parameter(2), 2));
        n.loss(b.avgPool2x(y, 2));
        Value table = n.parameter(3, 2);
        n.loss(new RandomWindows(5, 3, 3).attention(n, x, table));
        n.loss(new RandomWindows(4, 4, 1).attention(n, y, table));
        n.loss(merge(n, y, 1));
        Value mask = n.parameter(1, 1, 6);
        Value ids = n.index(n.permutation(6), 6);
        n.loss(b.restoreTokens(y, mask, n.constant(6, 6), ids));
        n.loss(b.restoreTokens(x, mask, n.constant(6, 6), ids));
        n.loss(b.swish(x, 0.7));
        Value shares = n.parameter(2, 2);
        Value z = linear(n, n.input(2, 5, 3), 6);
        n.loss(b.mix(List.of(x, z), shares, 1, true));
        n.loss(b.mix(List.of(z, x), shares, 0, false));
        n.loss(y);
        n.loss(x);
      }),
  FIXED_LAYER_BELOW_TWO_TRAINED_ONES(
      n -> {
        int width = n.size(1, 4);
        Value x = n.input(n.size(1, 3), width);
        Value y = n.builder().linear(x, n.constant(width, width), n.constant(width));
        n.loss(linear(n, y, 2));
        n.loss(layerNorm(n, y));
      }),
  RESIDUAL_SHARED_THEN_ADDED_TO(
      n -> {
        Value x = linear(n, n.input(n.size(1, 3), n.size(2, 4)), n.size(2, 4));
        n.loss(linear(n, layerNorm(n, x), x));
      }),
  RESIDUAL_ADDED_TO_A_SET_GRADIENT(
      n -> {
        Value x = linear(n, n.input(n.size(1, 3), n.size(2, 4)), n.size(2, 4));
        n.loss(linear(n, n.builder().gelu(x), x));
        n.loss(x);
      }),
  CHAIN_OF_RESIDUALS(
      n -> {
        Value x = linear(n, n.input(n.size(1, 3), n.size(2, 4)), n.size(2, 4));
        Value y = linear(n, n.builder().gelu(x), x);
        Value z = linear(n, layerNorm(n, y), y);
        Value last = linear(n, n.builder().gelu(z), z);
        n.loss(layerNorm(n, y));
        n.loss(last);
      }),
  PARAMETERS_USED_TWICE(
      n -> {
        int width = n.size(2, 4);
        Value weight = n.parameter(width, width);
        Value bias = n.parameter(width);
        Value gamma = n.parameter(width);
        Value x = n.builder().linear(n.input(n.size(1, 3), width), weight, bias);
        Value y = n.builder().layerNorm(x, gamma, bias, RandomAutoencoder.EPS);
        Value z = n.builder().linear(n.builder().gelu(y), weight, bias);
        n.loss(n.builder().layerNorm(z, gamma, bias, RandomAutoencoder.EPS));
      }),
  DEAD_END_BESIDE_A_LOSS(
      n -> {
        Value x = linear(n, n.input(n.size(1, 3), n.size(2, 4)), n.size(2, 4));
        n.builder().label("unused", linear(n, n.builder().gelu(x), 3));
        n.loss(x);
      }),
  MASKED_AUTOENCODER(
      n -> new RandomAutoencoder(2, 2, n.size(1, 4), n.size(2, 4), 4, 4, 2, 3).write(n));

  private final Consumer<RandomNetwork> writer;

  NetworkCase(Consumer<RandomNetwork> writer) {
    this.writer = writer;
  }

  /** The network of this case with the shapes and contents of a seed. */
  public RandomNetwork network(long seed) {
    RandomNetwork network = new RandomNetwork(seed);
    writer.accept(network);
    return network;
  }

  /** The graph alone. */
  public Graph graph(long seed) {
    return network(seed).graph();
  }

  private static void crossEntropy(RandomNetwork n, Value logits) {
    n.builder().crossEntropy(logits, n.shares(logits.shape()));
  }

  private static void mix(RandomNetwork n, boolean softmax) {
    int[] shape = {n.size(1, 3), n.size(1, 3), n.size(1, 4)};
    int count = n.size(1, 3);
    List<Value> terms = new ArrayList<>();
    for (int j = 0; j < count; j++) {
      terms.add(n.parameter(shape));
    }
    terms.add(n.input(shape));
    int rows = n.size(1, 3);
    n.loss(n.builder().mix(terms, n.parameter(rows, count + 1), n.size(0, rows - 1), softmax));
  }

  private static void unshuffle(RandomNetwork n, int tokens, int visible) {
    int width = n.size(1, 3);
    int batch = n.size(1, 3);
    Value x = n.parameter(batch, visible + 1, width);
    Value mask = n.parameter(1, 1, width);
    n.loss(
        n.builder()
            .unshuffle(x, mask, n.constant(tokens + 1, width), n.permutations(batch, tokens)));
  }

  private static void windowAttention(RandomNetwork n, RandomWindows windows) {
    int heads = n.size(1, 3);
    Value qkv = n.parameter(n.size(1, 2), windows.tokens(), 3 * heads * n.size(1, 3));
    n.loss(windows.attention(n, qkv, heads));
  }

  /** Four neighbours of a grid side by side. */
  private static Value merge(RandomNetwork n, Value x, int grid) {
    List<Integer> extents = List.of(x.extent(0) * grid, 2, grid, 2, x.width());
    List<Integer> axes = List.of(0, 2, 3, 1, 4);
    return n.builder().permute(x, extents, axes, x.extent(0), grid * grid, 4 * x.width());
  }

  private static void restoreTokens(RandomNetwork n, int tokens, int visible) {
    int width = n.size(1, 3);
    Value x = n.parameter(n.size(1, 3), visible, width);
    Value ids = n.index(n.permutation(tokens), tokens);
    n.loss(n.builder().restoreTokens(x, n.parameter(1, 1, width), n.constant(tokens, width), ids));
  }

  private static void convTranspose(RandomNetwork n, int grid) {
    int channels = n.size(1, 3);
    int outs = n.size(1, 3);
    Value x = n.parameter(n.size(1, 2), grid * grid, channels);
    n.loss(
        n.builder().convTranspose2x(x, n.parameter(channels, outs, 2, 2), n.parameter(outs), grid));
  }

  private static void avgPool(RandomNetwork n, int grid) {
    Value x = n.parameter(n.size(1, 2), grid * grid, n.size(1, 3));
    n.loss(n.builder().avgPool2x(x, grid));
  }
}
