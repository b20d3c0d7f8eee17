package org.sparkmim.model.engine.reference;

import java.util.HashMap;
import java.util.Map;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/** An array of its own for every value of a graph and for every planned gradient. */
final class Memory {
  private final Schedule schedule;
  private final Map<Value, double[]> numbers = new HashMap<>();
  private final Map<Value, int[]> indices = new HashMap<>();
  private final Map<Schedule.Buffer, double[]> gradients = new HashMap<>();
  private final Map<Value, double[]> parameterGradients = new HashMap<>();

  Memory(Graph graph, Schedule schedule) {
    this.schedule = schedule;
    for (Value value : graph.values()) {
      switch (value.role()) {
        case INDEX -> indices.put(value, new int[length(value)]);
        case CONSTANT -> numbers.put(value, widened(value.constant()));
        case INPUT, RESULT -> numbers.put(value, new double[length(value)]);
        case PARAMETER -> {
          numbers.put(value, new double[length(value)]);
          if (schedule.trains(value)) {
            parameterGradients.put(value, new double[length(value)]);
          }
        }
      }
    }
    for (Schedule.Buffer buffer : schedule.buffers()) {
      if (buffer.gradient()) {
        gradients.put(buffer, new double[length(buffer.value())]);
      }
    }
  }

  /** The elements of anything but an index. */
  double[] numbers(Value value) {
    return numbers.get(value);
  }

  int[] indices(Value index) {
    return indices.get(index);
  }

  /** The gradient of a result or parameter; null where there is none. */
  double[] gradient(Value value) {
    return value.role() == Value.Role.PARAMETER
        ? parameterGradients.get(value)
        : gradients.get(schedule.gradient(value));
  }

  private static int length(Value value) {
    if (value.size() > Integer.MAX_VALUE - 8) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "%s has %d elements; the reference engine holds at most %d in one value. "
                  .formatted(value, value.size(), Integer.MAX_VALUE - 8)
              + "Make the batch smaller, or set engine.name = onednn.");
    }
    return (int) value.size();
  }

  private static double[] widened(float[] floats) {
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }
}
