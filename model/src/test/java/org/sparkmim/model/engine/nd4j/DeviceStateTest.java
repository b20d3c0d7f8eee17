package org.sparkmim.model.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;
import org.sparkmim.model.optim.Updates;

/** The copy of the state on ND4J's side, against the host's vectors. */
class DeviceStateTest {
  private static final Engine.Options TRAINING = new Engine.Options(true, false, Precision.F32);
  private static final int WIDTH = 20;

  /** A weight, its bias, and a parameter that no loss reaches. */
  private static final List<Updates.Range> RANGES =
      List.of(
          new Updates.Range(0, WIDTH * WIDTH, true, 0.5),
          new Updates.Range(WIDTH * WIDTH, WIDTH * WIDTH + WIDTH, false, 1));

  private final RandomNetwork network = new RandomNetwork(7);
  private final Graph graph = build();

  private Graph build() {
    Value x = network.input(3, WIDTH);
    Value y =
        network.builder().linear(x, network.parameter(WIDTH, WIDTH), network.parameter(WIDTH));
    network.parameter(9);
    network.loss(network.builder().gelu(y));
    return network.graph();
  }

  static List<Optimizer> optimizers() {
    return List.of(
        new Optimizer.AdamW(0.9, 0.95, 1e-8, 0.05),
        new Optimizer.AdamW(0.9, 0.999, 1e-8, 0.3),
        new Optimizer.Sgd());
  }

  /** Element by element, whoever holds the gradients; a rate of zero moves the moments alone. */
  @ParameterizedTest
  @MethodSource("optimizers")
  void itsOptimisersDoWhatTheHostsDo(Optimizer optimizer) {
    try (ParameterVectors state = network.state(graph);
        ParameterVectors host = twin(state);
        Program program = program(state);
        Team team = new Team(1)) {
      Updates updates = program.updates(RANGES).orElseThrow();
      for (int step = 1; step <= 5; step++) {
        double rate = step == 3 ? 0 : 0.01 * step;
        pass(program);
        copy(state.gradients(), host.gradients(), state.size());
        updates.apply(optimizer, rate, step);
        new ParameterUpdate(host, RANGES, team).apply(optimizer, rate, step);
        assertSame(state, host, 1e-6);
      }
    }
  }

  /** So that a step costs no copy: the host's vectors count as touched once anybody asks. */
  @ParameterizedTest
  @MethodSource("optimizers")
  void stepsLeaveTheHostAloneUntilItAsks(Optimizer optimizer) {
    try (ParameterVectors state = network.state(graph);
        ParameterVectors host = twin(state);
        Program program = program(state);
        Program reference = new ReferenceEngine().compile(graph, host, TRAINING);
        Team team = new Team(1)) {
      network.feed(reference);
      Updates updates = program.updates(RANGES).orElseThrow();
      for (int step = 1; step <= 5; step++) {
        pass(program);
        updates.apply(optimizer, 0.01, step);
        assertThat(state.takeChanges()).as("step %d", step).isFalse();
        pass(reference);
        new ParameterUpdate(host, RANGES, team).apply(optimizer, 0.01, step);
      }
      assertSame(state, host, 1e-5);
    }
  }

  @Test
  void whatTheHostChangesBetweenPassesIsSeen() {
    try (ParameterVectors state = network.state(graph);
        Program program = program(state)) {
      pass(program);
      state.parameters().put(3, 0.75f);
      state.parameters().put(WIDTH * WIDTH, -0.5f);
      program.forward();
      assertThat(loss(program)).isEqualTo(referenceLoss(state), Offset.offset(1e-6));
    }
  }

  @Test
  void gradientsAndMomentsThatTheHostChangesAreUsed() {
    try (ParameterVectors state = network.state(graph);
        ParameterVectors host = twin(state);
        Program program = program(state);
        Team team = new Team(1)) {
      Optimizer optimizer = Optimizer.AdamW.published();
      Updates updates = program.updates(RANGES).orElseThrow();
      pass(program);
      updates.apply(optimizer, 0.01, 1);
      pass(program);
      for (long i = 0; i < state.size(); i++) {
        state.gradients().put(i, state.gradients().get(i) / 2);
        state.firstMoment().put(i, state.firstMoment().get(i) / 4);
      }
      copy(state.parameters(), host.parameters(), state.size());
      copy(state.gradients(), host.gradients(), state.size());
      copy(state.firstMoment(), host.firstMoment(), state.size());
      copy(state.secondMoment(), host.secondMoment(), state.size());
      updates.apply(optimizer, 0.01, 2);
      new ParameterUpdate(host, RANGES, team).apply(optimizer, 0.01, 2);
      assertSame(state, host, 1e-6);
    }
  }

  @Test
  void theHostHasEverythingWhenAProgramIsClosed() {
    try (ParameterVectors state = network.state(graph);
        ParameterVectors host = twin(state)) {
      try (Program program = program(state)) {
        pass(program);
        program.updates(RANGES).orElseThrow().apply(new Optimizer.Sgd(), 0.5, 1);
      }
      referencePass(host);
      assertNear("gradients", state.gradients(), host.gradients(), RANGES.get(1).end(), 1e-6);
      assertThat(state.parameters().get(0))
          .isCloseTo(host.parameters().get(0) - 0.25f * host.gradients().get(0), within(1e-6f));
    }
  }

  /** As DL4J's are: changed without a word, and expected to be up to date after every pass. */
  @Test
  void vectorsOfSomebodyElseAreReadAndWrittenInEveryPass() {
    try (ParameterVectors state = network.state(graph);
        FloatPointer parameters = new FloatPointer(state.size());
        FloatPointer gradients = new FloatPointer(state.size())) {
      copy(state.parameters(), parameters, state.size());
      ParameterVectors bound =
          ParameterVectors.wrap(state.size(), parameters, gradients, null, null);
      try (Program program = program(bound)) {
        for (float number : new float[] {0.5f, -1, 2}) {
          parameters.put(5, number);
          gradients.put(state.size() - 1, number);
          pass(program);
          copy(parameters, state.parameters(), state.size());
          assertThat(loss(program)).isEqualTo(referenceLoss(state), Offset.offset(1e-6));
          referencePass(state);
          assertNear("gradients", gradients, state.gradients(), RANGES.get(1).end(), 1e-6);
          assertThat(gradients.get(state.size() - 1)).as("no loss reaches it").isEqualTo(number);
        }
      }
    }
  }

  private Program program(ParameterVectors state) {
    Program program = new Nd4jEngine(0).compile(graph, state, TRAINING);
    network.feed(program);
    return program;
  }

  private static void pass(Program program) {
    program.forward();
    program.backward();
  }

  private double loss(Program program) {
    return program.scalar(graph.losses().get(0));
  }

  private double referenceLoss(ParameterVectors state) {
    try (Program reference = new ReferenceEngine().compile(graph, state, TRAINING)) {
      network.feed(reference);
      reference.forward();
      return loss(reference);
    }
  }

  private void referencePass(ParameterVectors state) {
    try (Program reference = new ReferenceEngine().compile(graph, state, TRAINING)) {
      network.feed(reference);
      pass(reference);
    }
  }

  private static ParameterVectors twin(ParameterVectors state) {
    ParameterVectors twin = ParameterVectors.allocate(state.size());
    copy(state.parameters(), twin.parameters(), state.size());
    return twin;
  }

  private static void assertSame(ParameterVectors actual, ParameterVectors expected, double off) {
    long size = expected.size();
    assertNear("parameters", actual.parameters(), expected.parameters(), size, off);
    assertNear("first moments", actual.firstMoment(), expected.firstMoment(), size, off);
    assertNear("second moments", actual.secondMoment(), expected.secondMoment(), size, off);
  }

  private static void assertNear(
      String what, FloatPointer actual, FloatPointer expected, long size, double off) {
    for (long i = 0; i < size; i++) {
      assertThat((double) actual.get(i))
          .as("%s, element %d", what, i)
          .isEqualTo(expected.get(i), Offset.offset(off));
    }
  }

  private static void copy(FloatPointer from, FloatPointer to, long size) {
    for (long i = 0; i < size; i++) {
      to.put(i, from.get(i));
    }
  }
}
