package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.graph.Arena;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/**
 * Where every value and gradient of a program lies, and in which type.
 *
 * <p>With bf16, activations and their gradients are bf16. Parameters, their gradients, statistics,
 * predictions, targets, weights and losses are float32 always.
 */
final class Buffers {
  private final Map<Value, Tensor> parameters = new HashMap<>();
  private final Map<Value, Tensor> parameterGradients = new HashMap<>();
  private final Map<Schedule.Buffer, Tensor> planned = new HashMap<>();
  private final Map<Value, Tensor> constants = new HashMap<>();
  private final Schedule schedule;
  private final BufferTypes types;
  private final long bytes;
  private boolean backward;

  Buffers(Graph graph, Schedule schedule, ParameterVectors state, Precision precision, Dnnl dnnl) {
    this.schedule = schedule;
    types = BufferTypes.of(graph, precision);
    Arena arena = new Arena(schedule.buffers(), types::bytesOf);
    bytes = arena.bytes();
    BytePointer block = dnnl.allocate(bytes);
    Pointer.memset(block, 0, bytes);
    for (Schedule.Buffer buffer : schedule.buffers()) {
      BytePointer data = block.getPointer(arena.offset(buffer));
      planned.put(buffer, Tensor.of(data, types.of(buffer), dims(buffer.value())));
    }
    long offset = 0;
    for (Value parameter : graph.parameters()) {
      parameters.put(parameter, range(state.parameters(), offset, parameter));
      if (schedule.trains(parameter)) {
        parameterGradients.put(parameter, range(state.gradients(), offset, parameter));
      }
      offset += parameter.size();
    }
    for (Value value : graph.values()) {
      if (value.role() == Value.Role.CONSTANT) {
        Tensor tensor =
            Tensor.of(
                dnnl.allocate(value.size() * Tensor.bytesOf(types.activation())),
                types.activation(),
                dims(value));
        new HostAccess(tensor).write(value.constant());
        constants.put(value, tensor);
      }
    }
  }

  /** Type of activations. */
  int activationType() {
    return types.activation();
  }

  /** Bytes of the planned block. */
  long bytes() {
    return bytes;
  }

  /** The tensor of a value, in its shape. */
  Tensor of(Value value) {
    return switch (value.role()) {
      case PARAMETER -> parameters.get(value);
      case CONSTANT -> constants.get(value);
      case INPUT, INDEX, RESULT -> planned.get(plannedFor(value));
    };
  }

  private Schedule.Buffer plannedFor(Value value) {
    Schedule.Buffer again = backward ? schedule.again(value) : null;
    return again == null ? schedule.buffer(value) : again;
  }

  /** From now on kernels of the backward pass are made: some values lie elsewhere for them. */
  void turnBack() {
    backward = true;
  }

  /** The tensor as {@code [rows, width]}. */
  Tensor rows(Value value) {
    return of(value).reshape(value.rows(), value.width());
  }

  /** The gradient of a value, in the value's shape. */
  Tensor gradient(Value value) {
    return value.role() == Value.Role.PARAMETER
        ? parameterGradients.get(value)
        : planned.get(schedule.gradient(value));
  }

  /** The gradient as {@code [rows, width]}. */
  Tensor gradientRows(Value value) {
    return gradient(value).reshape(value.rows(), value.width());
  }

  private static Tensor range(FloatPointer vector, long offset, Value parameter) {
    BytePointer data = new BytePointer((Pointer) vector.getPointer(offset));
    return Tensor.of(data, dnnl_f32, dims(parameter));
  }

  private static long[] dims(Value value) {
    int[] shape = value.shape();
    long[] dims = new long[shape.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape[i];
    }
    return dims;
  }
}
