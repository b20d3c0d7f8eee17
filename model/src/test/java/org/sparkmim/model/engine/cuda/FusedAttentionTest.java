package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;

/** Which attention is fused, and what agreement on random shapes does not show. */
class FusedAttentionTest {
  private static final Engine.Options BF16 = new Engine.Options(true, true, Precision.BF16);
  private static final Engine.Options F32 = new Engine.Options(true, true, Precision.F32);

  /** Eight bits of mantissa. */
  private static final Offset<Float> ROUNDING = Offset.offset(2e-3f);

  /** Attention on a parameter {@code [images, tokens, 3, heads, width]}. */
  private record Attention(RandomNetwork network, Value qkv, Value out) {
    static Attention of(int images, int tokens, int heads, int width) {
      RandomNetwork n = new RandomNetwork(5);
      Value qkv = n.parameter(images, tokens, 3 * heads * width);
      Value out = n.builder().label("out", n.builder().attention(qkv, heads));
      n.loss(out);
      return new Attention(n, qkv, out);
    }

    Value probabilities() {
      return network.builder().probabilities(out);
    }

    Set<String> kernels(Engine.Options options) {
      Plan plan = new Plan(network.graph(), options);
      return Stream.concat(plan.forward().stream(), plan.backward().stream())
          .filter(Launch.class::isInstance)
          .map(task -> ((Launch) task).kernel())
          .collect(Collectors.toSet());
    }

    /** What is attended, and the gradient of qkv. */
    List<float[]> run(Engine engine, ParameterVectors state) {
      float[] numbers = new float[(int) out.size()];
      float[] gradient = new float[(int) qkv.size()];
      try (Program program = engine.compile(network.graph(), state, BF16)) {
        network.feed(program);
        program.forward();
        program.read(out, numbers);
        program.backward();
        state.gradients().get(gradient);
      }
      return List.of(numbers, gradient);
    }
  }

  @ParameterizedTest
  @CsvSource({"8, 16", "16, 16", "24, 32", "32, 32", "64, 64", "80, 96", "96, 96", "128, 128"})
  void headsArePaddedToTheNextWidth(int width, int padded) {
    assertThat(Attention.of(1, 50, 2, width).kernels(BF16))
        .contains(
            "attend_" + padded,
            "attend_backward_queries_" + padded,
            "attend_backward_keys_" + padded)
        .doesNotContain("softmax");
  }

  @ParameterizedTest
  @CsvSource({"4", "20", "136"})
  void otherHeadsAreLeftToProducts(int width) {
    assertThat(Attention.of(1, 50, 2, width).kernels(BF16)).contains("softmax", "softmax_backward");
  }

  @Test
  void singlePrecisionAndProbabilitiesThatSomebodyReadsAreLeftToProducts() {
    assertThat(Attention.of(1, 50, 2, 64).kernels(F32)).contains("softmax", "softmax_backward");
    Attention asked = Attention.of(1, 50, 2, 64);
    asked.network.builder().output("probabilities", asked.probabilities());
    assertThat(asked.kernels(BF16)).contains("softmax", "softmax_backward");
  }

  /** Twelve heads of 197 tokens: 946 kB of probabilities in rows of 200, 9 kB of logarithms. */
  @Test
  void probabilitiesHaveNoMemory() {
    Attention fused = Attention.of(1, 197, 12, 64);
    Attention plain = Attention.of(1, 197, 12, 64);
    plain.network.builder().output("probabilities", plain.probabilities());
    long without = new Plan(fused.network.graph(), BF16).buffers().activations().bytes();
    long with = new Plan(plain.network.graph(), BF16).buffers().activations().bytes();
    assertThat(with - without).isCloseTo(12L * 197 * 200 * 2 - 12 * 197 * 4, Offset.offset(256L));
  }

  @Test
  void whatIsNotKeptCannotBeRead() {
    Attention attention = Attention.of(1, 5, 1, 8);
    Graph graph = attention.network.graph();
    try (ParameterVectors state = attention.network.state(graph);
        Program program = new EmulatedEngine().compile(graph, state, BF16)) {
      program.forward();
      assertThatIllegalStateException()
          .isThrownBy(() -> program.read(attention.probabilities(), new float[25]))
          .withMessageContaining("output of the graph");
    }
  }

  @ParameterizedTest
  @CsvSource({"50, 32", "197, 64", "257, 64"})
  void everyRunHasTheSameBitsInWhateverOrderBlocksAndThreadsRun(int tokens, int width) {
    Attention attention = Attention.of(2, tokens, 2, width);
    try (ParameterVectors state = attention.network.state(attention.network.graph())) {
      List<float[]> first = attention.run(new EmulatedEngine(), state);
      List<float[]> second = attention.run(new EmulatedEngine(), state);
      List<float[]> reversed = attention.run(new EmulatedEngine(true, 1000), state);
      for (int i = 0; i < 2; i++) {
        assertThat(second.get(i)).isEqualTo(first.get(i));
        assertThat(reversed.get(i)).isEqualTo(first.get(i));
      }
    }
  }

  /**
   * Every query scores -2048 with every key: the powers of keys beyond the last, which score zero,
   * would be infinite. All keys count the same, so that the result is the mean of the values.
   */
  @Test
  void keysBeyondTheLastAreNotSeenHoweverLowTheScores() {
    int tokens = 17;
    int width = 64;
    Attention attention = Attention.of(1, tokens, 1, width);
    Graph graph = attention.network.graph();
    try (ParameterVectors state = attention.network.state(graph)) {
      for (int i = 0; i < tokens * 3 * width; i++) {
        int part = i / width % 3;
        state.parameters().put(i, part == 0 ? 16 : part == 1 ? -16 : i / (3 * width) % 2);
      }
      List<float[]> results = attention.run(new EmulatedEngine(), state);
      for (float number : results.get(0)) {
        assertThat(number).isCloseTo(8f / 17, ROUNDING);
      }
      for (float number : results.get(1)) {
        assertThat(number).isFinite();
      }
    }
  }
}
