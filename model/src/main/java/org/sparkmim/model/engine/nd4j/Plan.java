package org.sparkmim.model.engine.nd4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sparkmim.model.engine.Engine.Options;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.optim.Updates.Range;

/** A graph as calls of ND4J operations and the memory that they take, before any is taken. */
final class Plan {
  private final Graph graph;
  private final Schedule schedule;
  private final Memory memory;
  private final Indices indices;
  private final Tape forward = new Tape();
  private final Tape backward = new Tape();

  Plan(Graph graph, Options options) {
    this.graph = graph;
    schedule = new Schedule(graph, options.training(), options.inspectable());
    memory = new Memory(graph, schedule, options.training());
    indices = new Indices(memory);
    Emission emission = new Emission(memory, indices);
    Map<Op, Calls> calls = new HashMap<>();
    emission.onto(forward);
    for (Op op : schedule.forward()) {
      calls.put(op, Calls.of(op, emission));
      calls.get(op).forward();
      end(forward, op, "forward");
    }
    memory.turnBack();
    emission.onto(backward);
    for (BackwardStep step : schedule.backward()) {
      for (Op op : step.again()) {
        calls.get(op).forward();
        end(backward, op, "again");
      }
      calls.get(step.op()).backward(step);
      end(backward, step.op(), "backward");
    }
  }

  private void end(Tape tape, Op op, String direction) {
    tape.close(op.getClass().getSimpleName() + " " + direction);
    memory.reuseScratch();
  }

  /** Takes the memory and binds the calls to it. */
  void bind() {
    memory.allocate();
    indices.writeConstants();
    forward.bind();
    backward.bind();
  }

  Memory memory() {
    return memory;
  }

  Indices indices() {
    return indices;
  }

  Tape forward() {
    return forward;
  }

  Tape backward() {
    return backward;
  }

  /** Whether a value still holds its numbers when the forward pass is over. */
  boolean readable(Value value) {
    return schedule.outlivesForward(value);
  }

  /** Number of parameters. */
  long parameters() {
    return graph.parameters().stream().mapToLong(Value::size).sum();
  }

  /** Where the parameters lie whose gradients the backward pass writes. */
  List<Range> trained() {
    List<Range> trained = new ArrayList<>();
    long first = 0;
    for (Value parameter : graph.parameters()) {
      if (schedule.trains(parameter)) {
        trained.add(new Range(first, first + parameter.size(), true, 1));
      }
      first += parameter.size();
    }
    return trained;
  }
}
