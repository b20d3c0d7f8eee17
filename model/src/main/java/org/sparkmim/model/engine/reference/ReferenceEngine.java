package org.sparkmim.model.engine.reference;

import java.util.Locale;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/**
 * Runs graphs in plain Java and double arithmetic, on one thread, for tests and small models: the
 * other engines are measured against it. Only inputs, parameters and written gradients are rounded
 * to float32.
 */
public final class ReferenceEngine implements Engine {
  @Override
  public String name() {
    return "reference";
  }

  /**
   * @throws ModelException if the options ask for bfloat16, or a value has 2^31 elements or more
   */
  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    if (options.precision() != Precision.F32) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "engine.precision = %s: the reference engine knows only f32 (it computes in double). "
                  .formatted(options.precision().name().toLowerCase(Locale.ROOT))
              + "Set engine.precision = f32, or engine.name = onednn.");
    }
    Schedule schedule = new Schedule(graph, options.training(), options.inspectable());
    return new ReferenceProgram(graph, schedule, state, options.training());
  }

  /** Every value and gradient has an array of its own; parameters are widened to double too. */
  @Override
  public long plannedBytes(Graph graph, Options options) {
    Schedule schedule = new Schedule(graph, options.training(), options.inspectable());
    long elements = 0;
    for (Value value : graph.values()) {
      elements += value.size();
      if (value.role() == Value.Role.PARAMETER && schedule.trains(value)) {
        elements += value.size();
      }
    }
    for (Schedule.Buffer buffer : schedule.buffers()) {
      if (buffer.gradient()) {
        elements += buffer.value().size();
      }
    }
    return elements * Double.BYTES;
  }
}
