package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s32;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.graph.Arena;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
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
  private final Set<Value> alwaysFloat = new HashSet<>();
  private final Schedule schedule;
  private final int activationType;
  private final long bytes;

  Buffers(Graph graph, Schedule schedule, ParameterVectors state, Precision precision, Dnnl dnnl) {
    this.schedule = schedule;
    activationType = precision == Precision.BF16 ? dnnl_bf16 : dnnl_f32;
    for (Op op : graph.ops()) {
      if (op instanceof Op.MaskedMse loss) {
        alwaysFloat.add(loss.prediction());
        alwaysFloat.add(loss.target());
        alwaysFloat.add(loss.weight());
        alwaysFloat.add(loss.out());
      } else if (op instanceof Op.LayerNorm norm) {
        alwaysFloat.add(norm.mean());
        alwaysFloat.add(norm.variance());
      }
    }
    Arena arena = new Arena(schedule.buffers(), this::bytesOf);
    bytes = arena.bytes();
    BytePointer block = dnnl.allocate(bytes);
    Pointer.memset(block, 0, bytes);
    for (Schedule.Buffer buffer : schedule.buffers()) {
      BytePointer data = block.getPointer(arena.offset(buffer));
      planned.put(buffer, Tensor.of(data, typeOf(buffer), dims(buffer.value())));
    }
    long offset = 0;
    for (Value parameter : graph.parameters()) {
      parameters.put(parameter, range(state.parameters(), offset, parameter));
      parameterGradients.put(parameter, range(state.gradients(), offset, parameter));
      offset += parameter.size();
    }
    for (Value value : graph.values()) {
      if (value.role() == Value.Role.CONSTANT) {
        Tensor tensor =
            Tensor.of(
                dnnl.allocate(value.size() * Tensor.bytesOf(activationType)),
                activationType,
                dims(value));
        new HostAccess(tensor).write(value.constant());
        constants.put(value, tensor);
      }
    }
  }

  /** Type of activations. */
  int activationType() {
    return activationType;
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
      case INPUT, INDEX, RESULT -> planned.get(schedule.buffer(value));
    };
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

  private long bytesOf(Schedule.Buffer buffer) {
    return buffer.value().size() * Tensor.bytesOf(typeOf(buffer));
  }

  private int typeOf(Schedule.Buffer buffer) {
    if (buffer.value().role() == Value.Role.INDEX) {
      return dnnl_s32;
    }
    boolean floats = !buffer.gradient() && alwaysFloat.contains(buffer.value());
    return floats ? dnnl_f32 : activationType;
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
