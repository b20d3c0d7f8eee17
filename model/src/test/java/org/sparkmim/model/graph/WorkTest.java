package org.sparkmim.model.graph;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.sparkmim.model.nn.Init;

class WorkTest {
  private static final Init ZERO = new Init.Constant(0);

  @Test
  void countsTwoOperationsForAMultiplicationAndItsAddition() {
    GraphBuilder graph = new GraphBuilder();
    Value x = graph.input("x", 2, 5, 7);
    Value hidden =
        graph.linear(x, graph.parameter("w", ZERO, 12, 7), graph.parameter("b", ZERO, 12));
    Value attended = graph.attention(hidden, 2);
    Value target = graph.input("target", 2, 5, 4);
    graph.label("loss", graph.maskedMse(attended, target, graph.input("weight", 2, 5)));
    Schedule schedule = new Schedule(graph.build(), true, false);

    // The input has no gradient: one product forward, one for the weight.
    long linear = 2 * (2L * 10 * 7 * 12);
    // Scores and weighted sums, per image and head 5 x 5 x 2; each product has two backward.
    long attention = 3 * (2 * (2L * 2 * 2 * 5 * 5 * 2));
    assertThat(Work.products(schedule)).isEqualTo(linear + attention);
  }
}
