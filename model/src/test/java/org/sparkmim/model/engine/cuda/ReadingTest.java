package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/** What comes back of a pass, in whatever form the device has it. */
class ReadingTest {
  private static float[] read(Program program, Value value) {
    float[] numbers = new float[(int) value.size()];
    program.read(value, numbers);
    return numbers;
  }

  @ParameterizedTest
  @EnumSource
  void valuesComeBackAsFloats(Precision precision) {
    RandomNetwork n = new RandomNetwork(3);
    Value x = n.input(2, 5, 4);
    Value ids = n.choices(5, 2, 3);
    Value rows = n.builder().gatherRows(n.constant(5, 4), ids);
    Value passing = n.builder().linear(rows, n.parameter(4, 4));
    n.loss(n.builder().tokenMean(passing));
    Value qkv = n.builder().linear(x, n.parameter(12, 4), n.parameter(12));
    Value attended = n.builder().attention(qkv, 2);
    // Five keys, in rows of eight on the device.
    Value probabilities = n.builder().output("attention", n.builder().probabilities(attended));
    Value out = n.builder().output("out", n.builder().gelu(attended));
    n.loss(out);
    Graph graph = n.graph();
    Engine.Options options = new Engine.Options(true, false, precision);
    Engine.Options exact = new Engine.Options(true, false, Precision.F32);
    Offset<Float> rounding = Offset.offset(precision == Precision.F32 ? 1e-6f : 2e-2f);
    try (ParameterVectors state = n.state(graph);
        Program expected = new ReferenceEngine().compile(graph, state, exact);
        Program actual = new EmulatedEngine().compile(graph, state, options)) {
      n.feed(expected);
      n.feed(actual);
      expected.forward();
      actual.forward();
      for (Value value : new Value[] {x, ids, probabilities, out}) {
        assertThat(read(actual, value))
            .as("%s", value)
            .usingComparatorWithPrecision(rounding.value)
            .containsExactly(read(expected, value));
      }
      assertThatIllegalStateException()
          .isThrownBy(() -> read(actual, passing))
          .withMessageContaining("compile an inspectable program");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read(actual, graph.parameters().get(0)));
      assertThatIllegalArgumentException().isThrownBy(() -> actual.scalar(out));
      assertThatIllegalArgumentException().isThrownBy(() -> actual.write(x, new float[3]));
      assertThatIllegalArgumentException().isThrownBy(() -> actual.write(x, new int[40]));
    }
  }
}
