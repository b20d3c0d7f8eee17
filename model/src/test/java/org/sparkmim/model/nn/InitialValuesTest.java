package org.sparkmim.model.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.graph.GraphBuilder;

class InitialValuesTest {
  private static final int COUNT = 20_000;

  @Test
  void theTruncatedNormalIsCutAtTwoWhateverItsDeviation() {
    float[] wide = drawn(new Init.TruncatedNormal(3));
    assertThat(wide).doesNotContain(0);
    for (float number : wide) {
      assertThat(Math.abs(number)).isLessThanOrEqualTo(2);
    }
    assertThat(deviation(wide)).as("nearly uniform").isEqualTo(1.12, Offset.offset(0.03));
    float[] narrow = drawn(new Init.TruncatedNormal(0.02));
    assertThat(Arrays.equals(narrow, drawn(new Init.Normal(0.02)))).as("nothing is cut").isTrue();
  }

  private static float[] drawn(Init init) {
    GraphBuilder graph = new GraphBuilder();
    graph.parameter("head.weight", init, COUNT);
    try (ParameterVectors state = ParameterVectors.allocate(COUNT)) {
      OffHeap parameters = new OffHeap(state.parameters(), COUNT);
      InitialValues.draw(ParameterLayout.of(graph.build()), 5, parameters);
      float[] numbers = new float[COUNT];
      parameters.get(0, numbers, COUNT);
      return numbers;
    }
  }

  private static double deviation(float[] numbers) {
    double squares = 0;
    for (float number : numbers) {
      squares += number * number;
    }
    return Math.sqrt(squares / numbers.length);
  }
}
