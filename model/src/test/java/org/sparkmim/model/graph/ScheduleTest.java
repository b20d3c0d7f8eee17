package org.sparkmim.model.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.RandomGraphs;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Buffer;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.nn.Init;

class ScheduleTest {
  /** Graphs that are named by what they came from, for messages. */
  record Named(String name, Graph graph) {
    @Override
    public String toString() {
      return name;
    }
  }

  @Provide
  Arbitrary<Named> graphs() {
    Arbitrary<Long> seeds = Arbitraries.longs();
    Arbitrary<Named> cases =
        Combinators.combine(Arbitraries.of(NetworkCase.values()), seeds)
            .as((network, seed) -> new Named(network + " " + seed, network.graph(seed)));
    Arbitrary<Named> random =
        seeds.map(seed -> new Named("random " + seed, RandomGraphs.network(seed).graph()));
    return Arbitraries.oneOf(cases, random);
  }

  @Property
  void everyOperandIsAliveInTheForwardPass(
      @ForAll("graphs") Named graph, @ForAll boolean training, @ForAll boolean inspectable) {
    Schedule schedule = new Schedule(graph.graph(), training, inspectable);
    List<Op> ops = schedule.forward();
    assertThat(ops).isEqualTo(graph.graph().ops());
    for (int time = 0; time < ops.size(); time++) {
      for (Value input : ops.get(time).inputs()) {
        if (buffered(input)) {
          assertAlive(schedule.buffer(input), time);
        }
      }
      for (Value statistic : ops.get(time).statistics()) {
        assertThat(schedule.buffer(statistic).first()).isEqualTo(time);
      }
      assertThat(schedule.buffer(ops.get(time).out()).first()).isEqualTo(time);
    }
  }

  @Property
  void inputsLossesAndOpenResultsLastUntilTheEnd(
      @ForAll("graphs") Named graph, @ForAll boolean training, @ForAll boolean inspectable) {
    Schedule schedule = new Schedule(graph.graph(), training, inspectable);
    Set<Value> consumed = new HashSet<>();
    graph.graph().ops().forEach(op -> consumed.addAll(op.inputs()));
    int end = (training ? 2 : 1) * graph.graph().ops().size();
    for (Value value : graph.graph().named().values()) {
      boolean input = value.role() == Value.Role.INPUT || value.role() == Value.Role.INDEX;
      boolean result = value.role() == Value.Role.RESULT;
      if (input || (result && (inspectable || !consumed.contains(value)))) {
        assertThat(schedule.buffer(value).last()).as("%s", value).isGreaterThanOrEqualTo(end);
      }
      if (input) {
        assertThat(schedule.buffer(value).first()).as("%s", value).isZero();
      }
    }
    for (Value loss : graph.graph().losses()) {
      assertThat(schedule.buffer(loss).last()).as("%s", loss).isGreaterThanOrEqualTo(end);
    }
  }

  @Property
  void everySavedBufferIsAliveAtItsBackwardStep(
      @ForAll("graphs") Named graph, @ForAll boolean inspectable) {
    Schedule schedule = new Schedule(graph.graph(), true, inspectable);
    for (BackwardStep step : schedule.backward()) {
      Set<Value> again = new HashSet<>();
      step.again().forEach(op -> again.add(op.out()));
      for (Value saved : step.op().saved()) {
        if (buffered(saved)) {
          boolean computed = again.contains(saved);
          Buffer buffer = computed ? schedule.again(saved) : schedule.buffer(saved);
          assertAlive(buffer, time(schedule, step));
        }
      }
      for (Op op : step.again()) {
        assertThat(inspectable).isFalse();
        assertThat(op.cheap()).isTrue();
        assertThat(schedule.buffer(op.out()).last()).isLessThan(schedule.forward().size());
        for (Value source : op.inputs()) {
          assertThat(schedule.again(source)).isNull();
          if (buffered(source)) {
            assertAlive(schedule.buffer(source), time(schedule, step));
          }
        }
      }
    }
  }

  @Test
  void anActivationThatOneLayerReadsIsComputedAgain() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.parameter("x", new Init.Constant(0), 8, 4);
    Value active = builder.gelu(builder.linear(x, matrix(builder, "w"), vector(builder, "b")));
    Value y = builder.linear(active, matrix(builder, "v"), vector(builder, "c"));
    builder.maskedMse(y, builder.input("target", 8, 4), builder.input("weight", 8));
    assertThat(new Schedule(builder.build(), true, false).again(active)).isNotNull();
    assertThat(new Schedule(builder.build(), true, true).again(active)).isNull();
  }

  private static Value matrix(GraphBuilder builder, String name) {
    return builder.parameter(name, new Init.Constant(0), 4, 4);
  }

  private static Value vector(GraphBuilder builder, String name) {
    return builder.parameter(name, new Init.Constant(0), 4);
  }

  @Property
  void everyGradientIsSetOnceBeforeItIsAddedToOrRead(@ForAll("graphs") Named graph) {
    Schedule schedule = new Schedule(graph.graph(), true, false);
    Set<Value> written = new HashSet<>(graph.graph().losses());
    for (BackwardStep step : schedule.backward()) {
      assertThat(written).as("gradient read by %s", step).contains(step.op().out());
      for (int i = 0; i < step.writes().size(); i++) {
        Value input = step.op().inputs().get(i);
        switch (step.writes().get(i)) {
          case SET, SHARED -> assertThat(written.add(input)).as("%s is new", input).isTrue();
          case ADD -> assertThat(written).contains(input);
          case NONE -> assertThat(input.differentiable()).as("%s", input).isFalse();
        }
        assertThat(step.write(input)).isEqualTo(step.writes().get(i));
      }
    }
    for (Value parameter : graph.graph().parameters()) {
      assertThat(schedule.trains(parameter)).isEqualTo(written.contains(parameter));
    }
  }

  @Property
  void everyGradientIsAliveFromItsFirstWriteToItsRead(@ForAll("graphs") Named graph) {
    Schedule schedule = new Schedule(graph.graph(), true, false);
    for (BackwardStep step : schedule.backward()) {
      int time = time(schedule, step);
      if (!graph.graph().losses().contains(step.op().out())) {
        assertAlive(schedule.gradient(step.op().out()), time);
      }
      for (Value input : step.op().inputs()) {
        boolean contributes = step.write(input) != Write.NONE;
        if (contributes && buffered(input)) {
          assertAlive(schedule.gradient(input), time);
        }
      }
    }
  }

  @Property
  void onlyAFirstContributionToAResidualSharesABuffer(@ForAll("graphs") Named graph) {
    Schedule schedule = new Schedule(graph.graph(), true, false);
    for (BackwardStep step : schedule.backward()) {
      Buffer gradient = schedule.gradient(step.op().out());
      for (Value input : step.op().inputs()) {
        boolean shared = step.write(input) == Write.SHARED;
        if (shared) {
          assertThat(step.op().residual()).isSameAs(input);
        }
        if (gradient != null && buffered(input) && step.write(input) != Write.NONE) {
          assertThat(schedule.gradient(input) == gradient).as("%s", step).isEqualTo(shared);
        }
      }
    }
  }

  @Property
  void buffersAliveTogetherDoNotOverlap(
      @ForAll("graphs") Named graph, @ForAll boolean training, @ForAll boolean inspectable) {
    List<Buffer> buffers = new Schedule(graph.graph(), training, inspectable).buffers();
    Arena arena = new Arena(buffers, ScheduleTest::bytes);
    for (int i = 0; i < buffers.size(); i++) {
      Buffer one = buffers.get(i);
      assertThat(arena.offset(one)).isNotNegative();
      assertThat(arena.offset(one) % 64).isZero();
      assertThat(arena.offset(one) + bytes(one)).isLessThanOrEqualTo(arena.bytes());
      for (Buffer other : buffers.subList(0, i)) {
        boolean together = one.first() <= other.last() && other.first() <= one.last();
        boolean overlap =
            arena.offset(one) < arena.offset(other) + bytes(other)
                && arena.offset(other) < arena.offset(one) + bytes(one);
        assertThat(together && overlap).as("%s and %s", one.value(), other.value()).isFalse();
      }
    }
  }

  @Property
  void theBlockIsNoLargerThanItsBuffersSideBySide(@ForAll("graphs") Named graph) {
    List<Buffer> buffers = new Schedule(graph.graph(), true, false).buffers();
    long apart = buffers.stream().mapToLong(buffer -> (bytes(buffer) + 63) / 64 * 64).sum();
    assertThat(new Arena(buffers, ScheduleTest::bytes).bytes()).isLessThanOrEqualTo(apart);
  }

  @Test
  void aDeepStackForInferenceFitsInTwoBuffers() {
    GraphBuilder builder = new GraphBuilder();
    Value x = builder.parameter("x", new Init.Constant(0), 64);
    for (int i = 0; i < 20; i++) {
      x = builder.gelu(x);
    }
    Schedule schedule = new Schedule(builder.build(), false, false);
    assertThat(new Arena(schedule.buffers(), ScheduleTest::bytes).bytes()).isEqualTo(2 * 64 * 4);
  }

  @Test
  void buffersOfNoBytesAreLeftOut() {
    Schedule schedule = new Schedule(NetworkCase.MASKED_AUTOENCODER.graph(1), true, false);
    assertThat(new Arena(schedule.buffers(), buffer -> 0).bytes()).isZero();
  }

  private static long bytes(Buffer buffer) {
    return buffer.value().size() * Float.BYTES;
  }

  private static boolean buffered(Value value) {
    return value.role() != Value.Role.PARAMETER && value.role() != Value.Role.CONSTANT;
  }

  private static int time(Schedule schedule, BackwardStep step) {
    int at = schedule.forward().indexOf(step.op());
    return 2 * schedule.forward().size() - 1 - at;
  }

  private static void assertAlive(Buffer buffer, int time) {
    assertThat(time).as("%s", buffer.value()).isBetween(buffer.first(), buffer.last());
  }
}
