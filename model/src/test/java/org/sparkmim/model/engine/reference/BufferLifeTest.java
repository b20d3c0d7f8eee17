package org.sparkmim.model.engine.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.RandomGraphs;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Value;

/**
 * Runs kernels while every buffer holds rubbish outside its planned life, as it will in an engine
 * that puts other buffers into the same memory.
 */
class BufferLifeTest {
  @Property(tries = 300)
  void nothingIsReadOutsideItsLife(@ForAll NetworkCase network, @ForAll long seed) {
    check(network.network(seed));
  }

  @Property(tries = 500)
  void nothingIsReadOutsideItsLifeInRandomGraphs(@ForAll long seed) {
    check(RandomGraphs.network(seed));
  }

  private static void check(RandomNetwork network) {
    Graph graph = network.graph();
    try (ParameterVectors state = network.state(graph)) {
      float[] parameters = new float[(int) state.size()];
      state.parameters().get(parameters);
      Replay replay = new Replay(graph);
      replay.run(network, parameters);
      Engine.Options options = new Engine.Options(true, false, Precision.F32);
      try (Program program = new ReferenceEngine().compile(graph, state, options)) {
        network.feed(program);
        program.forward();
        program.backward();
        replay.assertSame(program, state);
      }
    }
  }

  private static final class Replay {
    private final Graph graph;
    private final Schedule schedule;
    private final Memory memory;

    Replay(Graph graph) {
      this.graph = graph;
      schedule = new Schedule(graph, true, false);
      memory = new Memory(graph, schedule);
    }

    void run(RandomNetwork network, float[] parameters) {
      graph.values().forEach(this::spoil);
      network.inputs().forEach((value, floats) -> copy(floats, 0, memory.numbers(value)));
      network
          .indices()
          .forEach((value, ids) -> System.arraycopy(ids, 0, memory.indices(value), 0, ids.length));
      int offset = 0;
      for (Value parameter : graph.parameters()) {
        offset += copy(parameters, offset, memory.numbers(parameter));
      }
      Map<Op, BackwardStep> steps = new HashMap<>();
      schedule.backward().forEach(step -> steps.put(step.op(), step));
      int count = schedule.forward().size();
      for (int time = 0; time < 2 * count; time++) {
        Op op = schedule.forward().get(time < count ? time : 2 * count - 1 - time);
        BackwardStep step = steps.get(op);
        Kernel kernel = Kernel.of(op, new Operands(memory, step));
        if (time < count) {
          kernel.forward();
        } else if (step != null) {
          clear(step);
          step.again().forEach(cheap -> Kernel.of(cheap, new Operands(memory, null)).forward());
          kernel.backward();
        }
        spoilBuffersThatEnd(time);
      }
    }

    void assertSame(Program program, ParameterVectors state) {
      for (Value loss : graph.losses()) {
        assertThat(memory.numbers(loss)[0]).isEqualTo(program.scalar(loss)).isNotNaN();
      }
      int offset = 0;
      for (Value parameter : graph.parameters()) {
        double[] gradient = memory.gradient(parameter);
        for (int i = 0; gradient != null && i < gradient.length; i++) {
          assertThat((float) gradient[i])
              .as("gradient %d of %s", i, parameter)
              .isEqualTo(state.gradients().get(offset + i))
              .isNotNaN();
        }
        offset += (int) parameter.size();
      }
    }

    private void spoil(Value value) {
      boolean written = value.role() == Value.Role.INPUT || value.role() == Value.Role.RESULT;
      if (written) {
        Arrays.fill(memory.numbers(value), Double.NaN);
      }
      double[] gradient = memory.gradient(value);
      if (gradient != null) {
        Arrays.fill(gradient, Double.NaN);
      }
    }

    private void spoilBuffersThatEnd(int time) {
      for (Schedule.Buffer buffer : schedule.buffers()) {
        if (buffer.last() == time && buffer.value().role() != Value.Role.INDEX) {
          double[] numbers =
              buffer.gradient() ? memory.gradient(buffer.value()) : memory.numbers(buffer.value());
          Arrays.fill(numbers, Double.NaN);
        }
      }
    }

    private void clear(BackwardStep step) {
      for (Value input : step.op().inputs()) {
        if (step.write(input) == Schedule.Write.SET) {
          Arrays.fill(memory.gradient(input), 0);
        }
      }
    }

    private static int copy(float[] from, int offset, double[] to) {
      for (int i = 0; i < to.length; i++) {
        to[i] = from[offset + i];
      }
      return to.length;
    }
  }
}
