package org.sparkmim.model.engine.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;

class ReferenceEngineTest {
  private static final Engine.Options TRAINING = new Engine.Options(true, false, Precision.F32);
  private static final Engine.Options INFERENCE = new Engine.Options(false, false, Precision.F32);

  private final ReferenceEngine engine = new ReferenceEngine();

  @Test
  void isCalledReference() {
    assertThat(engine.name()).isEqualTo("reference");
  }

  @Test
  void refusesHalfPrecision() {
    Engine.Options options = new Engine.Options(true, false, Precision.BF16);
    try (ParameterVectors none = ParameterVectors.allocate(0)) {
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> engine.compile(new GraphBuilder().build(), none, options))
          .withMessageContaining("engine.precision = bf16")
          .satisfies(e -> assertThat(e.kind()).isEqualTo(ModelException.Kind.ARGUMENT));
    }
  }

  @Test
  void refusesValuesLongerThanAnArray() {
    GraphBuilder graph = new GraphBuilder();
    graph.input("patches", 1 << 12, 1 << 10, 1 << 10);
    try (ParameterVectors none = ParameterVectors.allocate(0)) {
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> engine.compile(graph.build(), none, TRAINING))
          .withMessageContaining("patches[4096, 1024, 1024] has 4294967296 elements");
    }
  }

  @Test
  void refusesAStateOfAnotherSize() {
    Graph graph = NetworkCase.LINEAR.graph(1);
    try (ParameterVectors none = ParameterVectors.allocate(1)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> engine.compile(graph, none, TRAINING))
          .withMessageContaining("the state 1");
    }
  }

  @Test
  void readsParametersAfreshBeforeEveryPass() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.parameter("x", new Init.Constant(0), 2);
    Value gelu = builder.gelu(x);
    try (ParameterVectors state = ParameterVectors.allocate(2);
        Program program = engine.compile(builder.build(), state, INFERENCE)) {
      float[] numbers = new float[2];
      state.parameters().put(new float[] {100, 200});
      program.forward();
      program.read(gelu, numbers);
      assertThat(numbers).containsExactly(100, 200);
      state.parameters().put(new float[] {300, 0});
      program.forward();
      program.read(gelu, numbers);
      assertThat(numbers).containsExactly(300, 0);
    }
  }

  @Test
  void givesTheSameGradientsInEveryPass() {
    RandomNetwork network = NetworkCase.EVERY_OPERATION_ADDS_TO_A_GRADIENT.network(7);
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph);
        Program program = engine.compile(graph, state, TRAINING)) {
      network.feed(program);
      program.forward();
      program.backward();
      float[] first = copy(state.gradients(), state.size());
      program.forward();
      program.backward();
      assertThat(copy(state.gradients(), state.size())).containsExactly(first);
    }
  }

  @Test
  void leavesGradientsAloneThatNoLossReaches() {
    GraphBuilder builder = new GraphBuilder();
    Value idle = builder.parameter("idle", new Init.Constant(0), 2);
    Value trained = builder.parameter("trained", new Init.Constant(0), 3);
    Value fixed = builder.parameter("fixed", new Init.Constant(0), 1);
    builder.gelu(idle);
    Value target = builder.input("target", 3);
    Value weight = builder.input("weight", 1);
    builder.maskedMse(trained, target, weight);
    builder.label("dead-end", builder.gelu(fixed));
    try (ParameterVectors state = ParameterVectors.allocate(6);
        Program program = engine.compile(builder.build(), state, TRAINING)) {
      state.parameters().put(new float[] {9, 9, 1, 2, 3, 9});
      state.gradients().put(new float[] {-1, -2, -3, -4, -5, -6});
      program.write(target, new float[3]);
      program.write(weight, new float[] {0.5f});
      program.forward();
      program.backward();
      assertThat(copy(state.gradients(), 6)).containsExactly(-1, -2, 2f / 3, 4f / 3, 6f / 3, -6);
    }
  }

  @Test
  void worksOnVectorsThatStartInsideAnotherMemory() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.parameter("x", new Init.Constant(0), 1);
    Value target = builder.input("target", 1);
    Value weight = builder.input("weight", 1);
    Value loss = builder.maskedMse(x, target, weight);
    try (FloatPointer memory = new FloatPointer(5, 3, 7, 0)) {
      ParameterVectors state =
          ParameterVectors.wrap(
              1,
              new FloatPointer(memory).position(1),
              new FloatPointer(memory).position(2),
              new FloatPointer(memory),
              new FloatPointer(memory));
      try (Program program = engine.compile(builder.build(), state, TRAINING)) {
        program.write(target, new float[] {1});
        program.write(weight, new float[] {1});
        program.forward();
        program.backward();
        assertThat(program.scalar(loss)).isEqualTo(4);
        assertThat(copy(memory, 4)).containsExactly(5, 3, 4, 0);
      }
    }
  }

  @Test
  void goesBackwardOncePerForward() {
    RandomNetwork network = NetworkCase.LINEAR.network(1);
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph);
        Program program = engine.compile(graph, state, TRAINING)) {
      network.feed(program);
      assertThatIllegalStateException().isThrownBy(program::backward);
      program.forward();
      program.backward();
      assertThatIllegalStateException().isThrownBy(program::backward);
    }
  }

  @Test
  void goesBackwardOnlyWhenCompiledForTraining() {
    RandomNetwork network = NetworkCase.LINEAR.network(1);
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph);
        Program program = engine.compile(graph, state, INFERENCE)) {
      network.feed(program);
      program.forward();
      assertThatIllegalStateException().isThrownBy(program::backward);
    }
  }

  @Test
  void namesTheIndexThatIsOutOfRange() {
    GraphBuilder builder = new GraphBuilder();
    Value table = builder.constant("positions", new float[6], 3, 2);
    Value ids = builder.index("keep-ids", 2, 2);
    builder.gatherRows(table, ids);
    try (ParameterVectors none = ParameterVectors.allocate(0);
        Program program = engine.compile(builder.build(), none, INFERENCE)) {
      program.write(ids, new int[] {0, 1, 2, 2});
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> program.write(ids, new int[] {0, 1, 2, 3}))
          .withMessageContaining("keep-ids[2, 2]: entry [1, 1] is 3; allowed are 0 to 2");
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> program.write(ids, new int[] {0, -1, 2, 2}))
          .withMessageContaining("entry [0, 1] is -1");
      float[] kept = new float[4];
      program.read(ids, kept);
      assertThat(kept).as("A refused index changes nothing").containsExactly(0, 1, 2, 2);
    }
  }

  @Test
  void refusesToGatherATrainedRowTwiceForAnImage() {
    GraphBuilder builder = new GraphBuilder();
    Value width = builder.parameter("w", new Init.Constant(0), 2, 2);
    Value table = builder.linear(builder.input("x", 3, 2), width);
    Value ids = builder.index("hidden-ids", 2, 2);
    builder.gatherRows(table, ids);
    try (ParameterVectors state = ParameterVectors.allocate(4);
        Program program = engine.compile(builder.build(), state, INFERENCE)) {
      program.write(ids, new int[] {0, 1, 1, 0});
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> program.write(ids, new int[] {0, 1, 2, 2}))
          .withMessageContaining("hidden-ids[2, 2]: entry [1, 1] is 2, which row 1 has already");
    }
  }

  @Test
  void refusesRestoreIdsBeyondTheGrid() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.input("x", 1, 3, 1);
    Value restore = builder.index("restore-ids", 1, 4);
    Value mask = builder.parameter("mask", new Init.Constant(0), 1);
    builder.unshuffle(x, mask, builder.constant("positions", new float[5], 5, 1), restore);
    try (ParameterVectors state = ParameterVectors.allocate(1);
        Program program = engine.compile(builder.build(), state, INFERENCE)) {
      program.write(restore, new int[] {3, 2, 1, 0});
      assertThatExceptionOfType(ModelException.class)
          .isThrownBy(() -> program.write(restore, new int[] {4, 2, 1, 0}))
          .withMessageContaining("restore-ids[1, 4]: entry [0, 0] is 4; allowed are 0 to 3");
    }
  }

  @Test
  void refusesArraysThatAreTooShortAndValuesOfAnotherKind() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.input("x", 2, 2);
    Value gelu = builder.gelu(x);
    try (ParameterVectors none = ParameterVectors.allocate(0);
        Program program = engine.compile(builder.build(), none, INFERENCE)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> program.write(x, new float[3]))
          .withMessageContaining("x[2, 2] does not fit an array of 3");
      assertThatIllegalArgumentException().isThrownBy(() -> program.read(x, new float[3]));
      assertThatIllegalArgumentException().isThrownBy(() -> program.write(gelu, new float[4]));
      assertThatIllegalArgumentException().isThrownBy(() -> program.write(x, new int[4]));
      program.write(x, new float[] {1, 2, 3, 4, 5});
      float[] numbers = new float[6];
      Arrays.fill(numbers, -1);
      program.read(x, numbers);
      assertThat(numbers).as("A longer array is used in part").containsExactly(1, 2, 3, 4, -1, -1);
    }
  }

  @Test
  void countsTheBytesOfItsBuffers() {
    GraphBuilder builder = new GraphBuilder();
    builder.gelu(builder.input("x", 2, 3));
    try (ParameterVectors none = ParameterVectors.allocate(0);
        Program program = engine.compile(builder.build(), none, INFERENCE)) {
      assertThat(program.activationBytes()).isEqualTo(2 * 6 * Double.BYTES);
    }
  }

  private static float[] copy(FloatPointer vector, long size) {
    float[] numbers = new float[(int) size];
    vector.get(numbers);
    return numbers;
  }
}
