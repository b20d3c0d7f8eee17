package org.sparkmim.model.engine.nd4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.sparkmim.model.graph.Arena;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/**
 * Where the values of a graph and their gradients lie: results and gradients together in one arena;
 * what the host writes or reads in stores of its own, for a store is copied between host and device
 * as a whole.
 */
final class Memory implements AutoCloseable {
  private final Schedule schedule;
  private final Arena arena;
  private final Store activations = new Store(DataType.FLOAT);
  private final Store parameters = new Store(DataType.FLOAT);
  private final Store gradients = new Store(DataType.FLOAT);
  private final Store scratch = new Store(DataType.FLOAT);
  private final Store wideScratch = new Store(DataType.DOUBLE);
  private final Store ones = new Store(DataType.FLOAT);
  private final List<Store> others = new ArrayList<>();
  private final Map<Value, Long> offsets = new HashMap<>();
  private final Map<Value, Tensor> fixed = new HashMap<>();
  private boolean backward;

  /**
   * @param training whether parameters have gradients
   */
  Memory(Graph graph, Schedule schedule, boolean training) {
    this.schedule = schedule;
    arena = new Arena(schedule.buffers(), buffer -> inArena(graph, buffer) ? bytes(buffer) : 0);
    activations.reserve(arena.bytes() / Float.BYTES);
    long parameterCount = 0;
    for (Value value : graph.values()) {
      switch (value.role()) {
        case PARAMETER -> {
          offsets.put(value, parameterCount);
          parameterCount += value.size();
        }
        case INDEX -> fixed.put(value, own(DataType.INT, value.size()));
        case INPUT, CONSTANT -> fixed.put(value, own(DataType.FLOAT, value.size()));
        case RESULT -> {}
      }
    }
    for (Value loss : graph.losses()) {
      fixed.put(loss, own(DataType.FLOAT, 1));
    }
    parameters.reserve(parameterCount);
    gradients.reserve(training ? parameterCount : 0);
  }

  /** From here on what is computed again is found in its second buffer. */
  void turnBack() {
    backward = true;
  }

  /** All elements of a value, in one dimension. */
  Tensor of(Value value) {
    if (value.role() == Value.Role.PARAMETER) {
      return Tensor.dense(parameters, offsets.get(value), value.size());
    }
    Tensor own = fixed.get(value);
    if (own != null) {
      return own;
    }
    Schedule.Buffer again = backward ? schedule.again(value) : null;
    return placed(again != null ? again : schedule.buffer(value));
  }

  /** All elements of the gradient of a result or parameter, in one dimension. */
  Tensor gradient(Value value) {
    return value.role() == Value.Role.PARAMETER
        ? Tensor.dense(gradients, offsets.get(value), value.size())
        : placed(schedule.gradient(value));
  }

  /** Room in a store of its own, which the host may write and read. */
  Tensor own(DataType type, long... shape) {
    Store store = new Store(type);
    others.add(store);
    return store.take(shape);
  }

  /** Room that only the current operation uses. */
  Tensor scratch(long... shape) {
    return scratch.take(shape);
  }

  /** The same for doubles. */
  Tensor wideScratch(long... shape) {
    return wideScratch.take(shape);
  }

  /** The operation is over: its scratch room is free. */
  void reuseScratch() {
    scratch.reuse();
    wideScratch.reuse();
  }

  /** A tensor of ones. */
  Tensor ones(long... shape) {
    Tensor tensor = Tensor.dense(ones, 0, shape);
    ones.reserve(tensor.size());
    return tensor;
  }

  Store parameters() {
    return parameters;
  }

  Store gradients() {
    return gradients;
  }

  /** Bytes of activations and their gradients. */
  long activationBytes() {
    return activations.bytes();
  }

  /** Bytes of all stores. */
  long bytes() {
    return all().stream().mapToLong(Store::bytes).sum();
  }

  void allocate() {
    all().forEach(Store::allocate);
    if (ones.memory() != null) {
      ones.memory().assign(1);
    }
    fixed.forEach(
        (value, tensor) -> {
          if (value.role() == Value.Role.CONSTANT) {
            new HostAccess(tensor).write(value.constant());
          }
        });
  }

  @Override
  public void close() {
    all().forEach(Store::close);
  }

  private List<Store> all() {
    List<Store> all = new ArrayList<>(others);
    all.addAll(List.of(activations, parameters, gradients, scratch, wideScratch, ones));
    return all;
  }

  private Tensor placed(Schedule.Buffer buffer) {
    return Tensor.dense(activations, arena.offset(buffer) / Float.BYTES, buffer.value().size());
  }

  private static boolean inArena(Graph graph, Schedule.Buffer buffer) {
    return buffer.value().role() == Value.Role.RESULT && !graph.losses().contains(buffer.value());
  }

  private static long bytes(Schedule.Buffer buffer) {
    return buffer.value().size() * Float.BYTES;
  }
}
