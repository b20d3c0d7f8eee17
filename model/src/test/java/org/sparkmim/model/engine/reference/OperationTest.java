package org.sparkmim.model.engine.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;

/** Forward kernels against numbers worked out by hand, which fix orientation and order. */
class OperationTest {
  private final GraphBuilder graph = new GraphBuilder();
  private final Map<Value, float[]> inputs = new LinkedHashMap<>();
  private final Map<Value, int[]> indices = new LinkedHashMap<>();

  @Test
  void linearMultipliesByRowsOfTheWeight() {
    Value x = input(floats(1, 2, 10, 20), 2, 2);
    Value weight = constant(floats(1, 0, 0, 1, 3, 4), 3, 2);
    Value bias = constant(floats(100, 200, 300), 3);
    Value residual = input(floats(0, 0, 0, 1000, 2000, 3000), 2, 3);
    assertThat(result(graph.linear(x, weight, bias))).containsExactly(101, 202, 311, 110, 220, 410);
    assertThat(result(graph.linear(x, weight, bias, residual)))
        .containsExactly(101, 202, 311, 1110, 2220, 3410);
  }

  @Test
  void geluIsTheExactForm() {
    Value x = input(floats(-3, -1, 0, 0.5f, 1, 3), 6);
    assertThat(result(graph.gelu(x)))
        .containsExactly(
            floats(-0.00404969409f, -0.158655254f, 0, 0.345731231f, 0.841344746f, 2.99595031f),
            offset(2e-7f));
  }

  @Test
  void layerNormDividesByTheBiasedDeviation() {
    Value x = input(floats(1, 3, 7, 7), 2, 2);
    Value gamma = constant(floats(2, 10), 2);
    Value beta = constant(floats(0.5f, 100), 2);
    assertThat(result(graph.layerNorm(x, gamma, beta, 3)))
        .as("Row 0 has mean 2 and variance 1, plus 3 is 4, whose root is 2; row 1 is flat")
        .containsExactly(floats(-0.5f, 105, 0.5f, 100), offset(1e-6f));
  }

  @Test
  void attentionWeighsValuesByTheSoftmaxOverKeys() {
    float ln3 = (float) Math.log(3);
    Value qkv =
        input(
            floats(
                1, 0, 0, 5, 4, 2, //
                0, 1, ln3, 5 + ln3, 8, 6),
            1,
            2,
            6);
    assertThat(result(graph.attention(qkv, 2)))
        .as("Rows are tokens, [q0 q1 k0 k1 v0 v1] in and [head 0, head 1] out")
        .containsExactly(floats(7, 4, 6, 5), offset(1e-6f));
  }

  @Test
  void attentionScalesByTheRootOfTheHeadWidth() {
    float ln3 = (float) Math.log(3);
    Value qkv =
        input(
            floats(
                2, 0, 0, 0, 0, 7, 0, 0, 4, 0, 1, 0, //
                0, 0, 0, 0, ln3, 0, 0, 0, 8, 4, 1, 0),
            1,
            2,
            12);
    assertThat(result(graph.attention(qkv, 1)))
        .containsExactly(floats(7, 3, 1, 0, 6, 2, 1, 0), offset(1e-6f));
  }

  @Test
  void attentionKeepsImagesApart() {
    Value qkv = input(floats(0, 1, 10, 0, 1, 20, 0, 1, 300, 0, 1, 500), 2, 2, 3);
    assertThat(result(graph.attention(qkv, 1))).containsExactly(15, 15, 400, 400);
  }

  @Test
  void attentionSurvivesLargeScores() {
    Value qkv = input(floats(1e4f, 1e4f, 3, 1, 0, 5), 1, 2, 3);
    assertThat(result(graph.attention(qkv, 1))).containsExactly(3, 3);
  }

  @Test
  void windowAttentionSeesOnlyItsWindowAndAddsTheBiasOfTheHead() {
    float ln3 = (float) Math.log(3);
    Value qkv =
        input(
            floats(
                1, 1, 0, 0, 4, 40, //
                1, 1, 0, 0, 8, 80, //
                1, 1, 0, 0, 500, 700),
            1,
            3,
            6);
    Value table = constant(floats(0, 0, ln3, -ln3), 2, 2);
    Value slots = index(new int[] {2, 3, 1, 0, 3, 3}, 3, 2);
    Value pairs = index(new int[] {0, 2, 2, 2, 0, 0, 1, 0, 2, 2, 2, 2}, 3, 2, 2);
    assertThat(result(graph.windowAttention(qkv, table, slots, pairs, 2)))
        .as("Token 0 sees token 1 with bias ln 3 in head 0, -ln 3 in head 1; token 2 is alone")
        .containsExactly(floats(7, 50, 6, 60, 500, 700), offset(1e-4f));
  }

  @Test
  void windowAttentionInOneGroupTakesTokensInTheirOrder() {
    float ln3 = (float) Math.log(3);
    Value qkv = input(floats(1, 0, 4, 1, ln3, 8), 1, 2, 3);
    Value table = constant(floats(0, -ln3), 2, 1);
    Value pairs = index(new int[] {0, 1, 2, 0}, 1, 2, 2);
    assertThat(result(graph.windowAttention(qkv, table, null, pairs, 1)))
        .as("The bias makes the keys equal for token 0; token 1 sees itself only")
        .containsExactly(floats(6, 8), offset(1e-6f));
  }

  @Test
  void permuteMergesNeighboursColumnAfterRow() {
    float[] grid = new float[16];
    for (int i = 0; i < grid.length; i++) {
      grid[i] = i;
    }
    Value x = input(grid, 1, 16, 1);
    assertThat(result(graph.permute(x, List.of(2, 2, 2, 2, 1), List.of(0, 2, 3, 1, 4), 1, 4, 4)))
        .as("(0,0), (1,0), (0,1), (1,1) of each 2x2 cell")
        .containsExactly(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
  }

  @Test
  void restoreTokensAddsPositionsToVisibleAndMaskTokens() {
    Value x = input(floats(1, 2, 3, 4), 2, 2, 1);
    Value mask = constant(floats(100), 1, 1, 1);
    Value positions = constant(floats(10, 20, 30), 3, 1);
    Value restore = index(new int[] {1, 2, 0}, 3);
    assertThat(result(graph.restoreTokens(x, mask, positions, restore)))
        .containsExactly(12, 120, 31, 14, 120, 33);
  }

  @Test
  void gatherRowsTakesRowsInTheOrderOfTheIds() {
    Value table = constant(floats(0, 1, 10, 11, 20, 21), 3, 2);
    Value ids = index(new int[] {2, 0, 0, 1}, 2, 2);
    assertThat(result(graph.gatherRows(table, ids))).containsExactly(20, 21, 0, 1, 0, 1, 10, 11);
  }

  @Test
  void gatherRowsGoBehindThoseOfTheirImage() {
    Value front = input(floats(1, 2, 3, 4), 2, 1, 2);
    Value table = constant(floats(0, 1, 10, 11, 20, 21), 3, 2);
    Value ids = index(new int[] {2, 0, 0, 1}, 2, 2);
    assertThat(result(graph.gatherRows(front, table, ids)))
        .containsExactly(1, 2, 20, 21, 0, 1, 3, 4, 0, 1, 10, 11);
  }

  @Test
  void prependTokenOpensEveryImage() {
    Value x = input(floats(1, 2, 3, 4), 2, 1, 2);
    Value token = constant(floats(8, 9), 1, 1, 2);
    assertThat(result(graph.prependToken(x, token))).containsExactly(8, 9, 1, 2, 8, 9, 3, 4);
  }

  @Test
  void dropFirstTokenKeepsTheRestOfEveryImage() {
    Value x = input(floats(1, 2, 3, 4, 5, 6), 2, 3, 1);
    assertThat(result(graph.dropTokens(x, 1))).containsExactly(2, 3, 5, 6);
  }

  @Test
  void unshufflePutsVisibleTokensBackAndFillsTheGaps() {
    Value x = input(floats(1, 2, 3, 4, 5, 6), 2, 3, 1);
    Value mask = constant(floats(100), 1, 1, 1);
    Value positions = constant(floats(0.5f, 10, 20, 30, 40), 5, 1);
    Value restore = index(new int[] {3, 1, 0, 2, 0, 2, 3, 1}, 2, 4);
    assertThat(result(graph.unshuffle(x, mask, positions, restore)))
        .as("Positions come with masked tokens only: visible ones and cls bring their own")
        .containsExactly(1, 110, 3, 2, 140, 4, 5, 120, 130, 6);
  }

  @Test
  void convTransposeSpreadsRowsByUAndColumnsByV() {
    Value x = input(floats(1, 2, 3, 4), 1, 4, 1);
    Value weight = constant(floats(1, 10, 100, 1000), 1, 1, 2, 2);
    Value bias = constant(floats(0.5f), 1);
    assertThat(result(graph.convTranspose2x(x, weight, bias, 2)))
        .containsExactly(
            1.5f, 10.5f, 2.5f, 20.5f, //
            100.5f, 1000.5f, 200.5f, 2000.5f, //
            3.5f, 30.5f, 4.5f, 40.5f, //
            300.5f, 3000.5f, 400.5f, 4000.5f);
  }

  @Test
  void convTransposeTakesItsWeightAsInThenOut() {
    Value x = input(floats(1, 10), 1, 1, 2);
    Value weight =
        constant(floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), 2, 2, 2, 2);
    Value bias = constant(floats(0, 1000), 2);
    assertThat(result(graph.convTranspose2x(x, weight, bias, 1)))
        .as("Out channel 0 mixes 1..4 with 9..12, channel 1 5..8 with 13..16")
        .containsExactly(91, 1135, 102, 1146, 113, 1157, 124, 1168);
  }

  @Test
  void avgPoolIsTheMeanOfTwoByTwoNeighbours() {
    float[] grid = new float[2 * 16];
    for (int i = 0; i < grid.length; i++) {
      grid[i] = i;
    }
    assertThat(result(graph.avgPool2x(input(grid, 2, 16, 1), 4)))
        .containsExactly(2.5f, 4.5f, 10.5f, 12.5f, 18.5f, 20.5f, 26.5f, 28.5f);
  }

  @Test
  void avgPoolKeepsChannelsApart() {
    Value x = input(floats(1, 10, 2, 20, 3, 30, 6, 60), 1, 4, 2);
    assertThat(result(graph.avgPool2x(x, 2))).containsExactly(3, 30);
  }

  @Test
  void positionsAreAddedToEveryImage() {
    Value x = input(floats(1, 2, 3, 4), 2, 2, 1);
    assertThat(result(graph.addPositions(x, constant(floats(10, 20), 1, 2, 1))))
        .containsExactly(11, 22, 13, 24);
  }

  @Test
  void anImageMayGoWithoutABranch() {
    Value x = input(floats(1, 2, 3, 4), 2, 2, 1);
    Value branch = input(floats(10, 20, 30, 40), 2, 2, 1);
    Value scale = input(floats(7, 7, 0, 1.5f), 2, 2);
    assertThat(result(graph.addBranch(x, branch, scale, 1))).containsExactly(1, 2, 48, 64);
  }

  @Test
  void tokenMeanIsTakenImageByImage() {
    assertThat(result(graph.tokenMean(input(floats(1, 10, 3, 20, 5, 0, 7, 2), 2, 2, 2))))
        .containsExactly(2, 15, 6, 1);
  }

  @Test
  void crossEntropyTakesSharesOfClassesAndSurvivesLargeLogits() {
    float ln3 = (float) Math.log(3);
    Value logits = input(floats(0, ln3, 1e4f, 1e4f), 2, 2);
    Value target = input(floats(0.5f, 0.5f, 1, 0), 2, 2);
    double first = 0.5 * Math.log(4) + 0.5 * Math.log(4 / 3.0);
    assertThat((double) result(graph.crossEntropy(logits, target))[0])
        .isCloseTo((first + Math.log(2)) / 2, within(1e-6));
  }

  @Test
  void maskedMseWeighsRowsByFractionsOverTheWholeBatch() {
    Value prediction = input(floats(1, 3, 0, 0, 5, 5, 9, 9), 2, 2, 2);
    Value target = input(floats(0, 0, 2, 4, 5, 6, 0, 0), 2, 2, 2);
    Value weight = input(floats(1, 0.25f, 0.5f, 0), 2, 2);
    double squares = 1 * 5 + 0.25 * 10 + 0.5 * 0.5;
    assertThat((double) result(graph.maskedMse(prediction, target, weight))[0])
        .isCloseTo(squares / 1.75, within(1e-6));
  }

  private Value input(float[] numbers, int... shape) {
    Value value = graph.input("input-" + inputs.size(), shape);
    inputs.put(value, numbers);
    return value;
  }

  private Value index(int[] numbers, int... shape) {
    Value value = graph.index("index-" + indices.size(), shape);
    indices.put(value, numbers);
    return value;
  }

  private Value constant(float[] numbers, int... shape) {
    return graph.constant("constant-" + shape.length + "-" + numbers[0], numbers, shape);
  }

  private float[] result(Value value) {
    Engine.Options options = new Engine.Options(false, true, Precision.F32);
    try (ParameterVectors none = ParameterVectors.allocate(0);
        Program program = new ReferenceEngine().compile(graph.build(), none, options)) {
      inputs.forEach(program::write);
      indices.forEach(program::write);
      program.forward();
      float[] numbers = new float[(int) value.size()];
      program.read(value, numbers);
      return numbers;
    }
  }

  private static float[] floats(float... numbers) {
    return numbers;
  }
}
