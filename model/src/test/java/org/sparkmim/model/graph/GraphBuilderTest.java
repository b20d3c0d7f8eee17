package org.sparkmim.model.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.nn.Init;

class GraphBuilderTest {
  private final GraphBuilder graph = new GraphBuilder();

  @Test
  void refusesShapesThatDoNotFit() {
    Value x = graph.input("x", 2, 4, 6);
    Value six = trained("six", 6);
    Value seven = trained("seven", 7);
    refuses(() -> graph.linear(x, trained("w0", 3, 5), trained("b0", 3)), "w0[3, 5]");
    refuses(() -> graph.linear(x, trained("w1", 3, 6), trained("b1", 4)), "b1[4]");
    refuses(
        () -> graph.linear(x, trained("w2", 3, 6), trained("b2", 3), graph.input("r", 2, 4, 4)),
        "r[2, 4, 4]");
    refuses(() -> graph.layerNorm(x, six, seven, 1e-6), "six[6]");
    refuses(() -> graph.attention(x, 4), "x[2, 4, 6] is not qkv of 4 heads");
    refuses(() -> graph.attention(graph.input("single", 2, 1, 6), 2), "single[2, 1, 6]");
    refuses(() -> graph.prependToken(x, seven), "seven[7]");
    refuses(() -> graph.dropTokens(graph.input("one", 2, 1, 6), 1), "one[2, 1, 6]");
    refuses(() -> graph.attention(x, 2, 5), "x[2, 4, 6] has no 5 last tokens");
    refuses(() -> graph.attention(x, 2, 1), "or one");
    Value table = graph.input("table", 5, 6);
    refuses(() -> graph.gatherRows(x, table, graph.index("i3", 3, 2)), "i3[3, 2]");
    refuses(() -> graph.gatherRows(table, graph.index("flat", 3)), "flat[3]");
    Value some = graph.index("some", 5);
    refuses(
        () -> graph.maskedMse(x, graph.input("t5", 9, 6), graph.input("w7", 9), some), "t5[9, 6]");
    refuses(() -> graph.convTranspose2x(x, trained("w3", 5, 3, 2, 2), trained("b3", 3), 2), "w3");
    refuses(
        () -> graph.convTranspose2x(x, trained("w4", 6, 3, 2, 2), trained("b4", 3), 3),
        "grids of 3");
    refuses(() -> graph.avgPool2x(x, 4), "is not on a grid of 4");
    refuses(() -> graph.avgPool2x(graph.input("odd", 1, 9, 2), 3), "side 3");
    refuses(() -> graph.maskedMse(six, graph.input("t0", 5), graph.input("w5", 1)), "t0[5]");
    refuses(() -> graph.maskedMse(six, graph.input("t1", 6), graph.input("w6", 2)), "t1[6]");
    refuses(() -> graph.addPositions(x, trained("p0", 5, 6)), "p0[5, 6]");
    refuses(() -> graph.addPositions(six, trained("p1", 6)), "p1[6]");
    Value scale = graph.input("scale", 2, x.extent(0));
    refuses(() -> graph.addBranch(x, x, scale, 2), "no row 2");
    refuses(() -> graph.addBranch(x, six, scale, 0), six.toString());
    refuses(() -> graph.tokenMean(six), "six[6] has no tokens");
    refuses(() -> graph.crossEntropy(six, graph.input("t2", 6)), "t2[6]");
    Value logits = graph.input("logits", 2, 3);
    refuses(() -> graph.crossEntropy(logits, graph.input("t3", 3, 2)), "t3[3, 2]");
    refuses(() -> graph.crossEntropy(logits, trained("t4", 2, 3)), "target t4[2, 3]");
    refuses(() -> graph.constant("c", new float[3], 2, 2), "c[2, 2] holds 3 numbers");
  }

  @Test
  void refusesAnUnshuffleOfAnotherGrid() {
    Value x = graph.input("x", 2, 3, 6);
    Value mask = trained("mask", 6);
    Value positions = graph.constant("positions", new float[5 * 6], 5, 6);
    refuses(() -> graph.unshuffle(x, mask, positions, graph.index("five", 2, 5)), "five");
    refuses(() -> graph.unshuffle(x, mask, positions, graph.index("one", 1, 4)), "one");
    assertThat(graph.unshuffle(x, mask, positions, graph.index("four", 2, 4)).shape())
        .containsExactly(2, 5, 6);
  }

  @Test
  void refusesEmptyShapes() {
    refuses(() -> graph.input("x", 2, 0), "x: empty shape [2, 0]");
  }

  @Test
  void refusesOneNameForTwoValues() {
    Value x = graph.input("x", 1);
    refuses(() -> graph.index("x", 1), "two values are named x");
    refuses(() -> graph.label("x", x), "two values are named x");
  }

  @Test
  void refusesOneValueAsTwoInputsOfAnOperation() {
    Value x = trained("x", 3, 3);
    Value vector = trained("vector", 3);
    refuses(() -> graph.linear(x, trained("w", 3, 3), vector, x), "one value is two inputs");
    refuses(() -> graph.linear(x, x, vector), "one value is two inputs");
    refuses(() -> graph.layerNorm(x, vector, vector, 1e-6), "one value is two inputs");
  }

  @Test
  void refusesTrainedValuesWhereOperationsHaveNoGradient() {
    Value ids = graph.index("ids", 1, 2);
    Value x = graph.input("x", 1, 2, 3);
    refuses(() -> graph.gatherRows(trained("table", 4, 3), ids), "table[4, 3] is a parameter");
    refuses(
        () -> graph.unshuffle(x, trained("mask", 3), trained("positions", 3, 3), ids),
        "positions[3, 3] is trained");
    refuses(
        () -> graph.maskedMse(x, trained("target", 1, 2, 3), graph.input("weight", 2)),
        "target[1, 2, 3]");
  }

  @Test
  void refusesALossAsAnInput() {
    Value loss = graph.maskedMse(trained("x", 2), graph.input("t", 2), graph.input("w", 1));
    refuses(() -> graph.gelu(loss), "is a loss");
  }

  @Test
  void keepsParametersInTheOrderInWhichTheyWereNamed() {
    Value first = trained("first", 2);
    graph.input("between", 2);
    Value second = trained("second", 2);
    Graph built = graph.build();
    assertThat(built.parameters()).containsExactly(first, second);
    assertThat(built.find("second")).containsSame(second);
    assertThat(built.find("third")).isEmpty();
  }

  private Value trained(String name, int... shape) {
    return graph.parameter(name, new Init.Constant(0), shape);
  }

  private static void refuses(Supplier<Value> mistake, String message) {
    assertThatIllegalArgumentException().isThrownBy(mistake::get).withMessageContaining(message);
  }
}
