package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.Updates;

/** Who has the newest parameters, and when they cross over. */
class DeviceStateTest {
  private static final Optimizer SGD = new Optimizer.Sgd();

  private final RandomNetwork network = new RandomNetwork(5);
  private final Graph graph;
  private final EmulatedDevice device = new EmulatedDevice(Type.F32);

  DeviceStateTest() {
    Value x = network.input(3, 4);
    // Odd sizes, so that places on the device differ from those on the host.
    network.loss(network.builder().linear(x, network.parameter(5, 4), network.parameter(5)));
    graph = network.graph();
  }

  private CudaProgram compile(ParameterVectors state) {
    CudaProgram program =
        CudaProgram.on(
            device, new Plan(graph, new Engine.Options(true, false, Precision.F32)), state);
    network.feed(program);
    return program;
  }

  private static Updates updates(CudaProgram program, ParameterVectors state) {
    return program.updates(List.of(new Updates.Range(0, state.size(), false, 1))).orElseThrow();
  }

  private static float[] numbers(FloatPointer vector, ParameterVectors state) {
    float[] numbers = new float[(int) state.size()];
    vector.get(numbers);
    return numbers;
  }

  @Test
  void theHostWaitsForNothingBetweenTheStepsOfALoop() {
    try (ParameterVectors state = network.state(graph);
        CudaProgram program = compile(state)) {
      Updates updates = updates(program, state);
      program.forward();
      program.backward();
      updates.apply(SGD, 0.5, 1);
      long before = device.synchronisations();
      program.forward();
      program.backward();
      assertThat(device.synchronisations()).isEqualTo(before);
      program.scalar(graph.losses().get(0));
      program.scalar(graph.losses().get(0));
      assertThat(device.synchronisations()).as("a loss is read once").isEqualTo(before + 1);
      network.feed(program);
      updates.apply(SGD, 0.5, 2);
      program.forward();
      assertThat(device.synchronisations()).isEqualTo(before + 1);
    }
  }

  @Test
  void inputsThatTheDeviceMayStillReadAreNotOverwritten() {
    try (ParameterVectors state = network.state(graph);
        CudaProgram program = compile(state)) {
      program.forward();
      program.scalar(graph.losses().get(0));
      long before = device.synchronisations();
      network.feed(program);
      assertThat(device.synchronisations()).isEqualTo(before);
      network.feed(program);
      assertThat(device.synchronisations()).isGreaterThan(before);
    }
  }

  @Test
  void fromTheSecondPassOnEachPassIsOnePiece() {
    try (ParameterVectors state = network.state(graph);
        CudaProgram program = compile(state)) {
      for (int pass = 0; pass < 4; pass++) {
        program.forward();
        program.backward();
        assertThat(device.captures()).isEqualTo(pass == 0 ? 0 : 2);
      }
    }
  }

  @Test
  void whoAsksGetsWhatTheDeviceHas() {
    try (ParameterVectors state = network.state(graph);
        CudaProgram program = compile(state)) {
      float[] before = numbers(state.parameters(), state);
      program.forward();
      program.backward();
      updates(program, state).apply(SGD, 0.5, 1);
      float[] gradients = numbers(state.gradients(), state);
      float[] after = numbers(state.parameters(), state);
      for (int i = 0; i < after.length; i++) {
        assertThat(after[i]).isEqualTo(before[i] - 0.5f * gradients[i]);
      }
    }
  }

  @Test
  void whatTheHostWritesIsWhatTheDeviceWorksOn() {
    try (ParameterVectors state = network.state(graph);
        CudaProgram program = compile(state)) {
      program.forward();
      program.backward();
      Updates updates = updates(program, state);
      state.gradients().put(3, 100);
      state.parameters().put(3, 1000);
      updates.apply(SGD, 0.5, 1);
      assertThat(state.parameters().get(3)).isEqualTo(950);
      program.forward();
      double loss = program.scalar(graph.losses().get(0));
      state.parameters().put(3, 0);
      program.forward();
      assertThat(program.scalar(graph.losses().get(0))).isNotEqualTo(loss);
    }
  }

  @Test
  void newGradientsWinOverWhatTheHostHadWrittenBefore() {
    try (ParameterVectors state = network.state(graph);
        CudaProgram program = compile(state)) {
      for (long i = 0; i < state.size(); i++) {
        state.gradients().put(i, Float.NaN);
        state.firstMoment().put(i, 1);
      }
      program.forward();
      program.backward();
      updates(program, state).apply(Optimizer.AdamW.published(), 0.5, 1);
      float[] first = numbers(state.firstMoment(), state);
      float[] gradients = numbers(state.gradients(), state);
      for (int i = 0; i < first.length; i++) {
        assertThat(first[i]).isEqualTo(0.9f + 0.1f * gradients[i], within());
      }
    }
  }

  private static Offset<Float> within() {
    return Offset.offset(1e-6f);
  }

  @Test
  void vectorsOfSomebodyElseAreUpToDateAfterEveryPass() {
    try (ParameterVectors own = network.state(graph);
        ParameterVectors foreign =
            ParameterVectors.wrap(
                own.size(),
                own.parameters(),
                own.gradients(),
                own.firstMoment(),
                own.secondMoment());
        CudaProgram program = compile(foreign)) {
      FloatPointer parameters = own.parameters();
      program.forward();
      program.backward();
      float gradient = own.gradients().get(2);
      float before = parameters.get(2);
      assertThat(gradient).isNotZero();
      updates(program, foreign).apply(SGD, 0.5, 1);
      assertThat(parameters.get(2)).isEqualTo(before - 0.5f * gradient);
      parameters.put(2, 7);
      program.forward();
      program.backward();
      updates(program, foreign).apply(SGD, 0, 2);
      assertThat(parameters.get(2)).isEqualTo(7);
    }
  }

  @Test
  void aClosedProgramLeavesTheNewestNumbersAndNoMemory() {
    try (ParameterVectors state = network.state(graph)) {
      float before = state.parameters().get(0);
      CudaProgram program = compile(state);
      program.forward();
      program.backward();
      updates(program, state).apply(SGD, 0.5, 1);
      program.close();
      assertThat(device.closed()).isTrue();
      assertThat(state.parameters().get(0))
          .isEqualTo(before - 0.5f * state.gradients().get(0))
          .isNotEqualTo(before);
    }
  }

  @Test
  void aProgramThatDoesNotFitItsStateGivesTheDeviceBack() {
    try (ParameterVectors state = ParameterVectors.allocate(3)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> compile(state))
          .withMessage("the graph has 25 parameters, the state 3");
      assertThat(device.closed()).isTrue();
    }
  }

  @Test
  void aProgramThatIsNotTrainedNeedsParametersAlone() {
    try (ParameterVectors state = ParameterVectors.frozen(25);
        CudaProgram program =
            CudaProgram.on(
                device, new Plan(graph, new Engine.Options(false, false, Precision.F32)), state)) {
      network.feed(program);
      program.forward();
      assertThat(program.scalar(graph.losses().get(0))).isPositive();
    }
  }
}
