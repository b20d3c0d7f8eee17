package org.sparkmim.model.engine.onednn;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Arena;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;

/** Runs graphs on the CPU with oneDNN, in f32 or bf16, with what the processor offers. */
public final class OneDnnEngine implements Engine {
  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    return new OneDnnProgram(graph, state, options);
  }

  @Override
  public long plannedBytes(Graph graph, Options options) {
    Schedule schedule = new Schedule(graph, options.training(), options.inspectable());
    BufferTypes types = BufferTypes.of(graph, options.precision());
    long arena = new Arena(schedule.buffers(), types::bytesOf).bytes();
    return options.precision() == Precision.BF16 ? arena + packedBytes(schedule) : arena;
  }

  /** Products in bf16 share room for a packed copy of their second operand. */
  private static long packedBytes(Schedule schedule) {
    long elements = 0;
    for (Op op : schedule.forward()) {
      if (op instanceof Op.Linear linear) {
        elements = Math.max(elements, Math.max(linear.weight().size(), linear.x().size()));
      }
    }
    return elements * Short.BYTES;
  }
}
