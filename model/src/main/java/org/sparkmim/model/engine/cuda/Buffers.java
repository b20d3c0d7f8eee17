package org.sparkmim.model.engine.cuda;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.graph.Arena;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/** Where every value and gradient of a program lies on the device, and in which type. */
final class Buffers {
  private final Schedule schedule;
  private final Storage storage;
  private final Arena arena;
  private final List<Value> losses;
  private final StateLayout layout;
  private final boolean training;
  private final Region activations = new Region();
  private final Region scalars = new Region();
  private final Region parameters = new Region();
  private final Region copies = new Region();
  private final Region gradients = new Region();
  private final Region firstMoment = new Region();
  private final Region secondMoment = new Region();
  private final Constants constants;
  private final Map<Value, Map<Type, Data>> constantOf = new HashMap<>();
  private boolean backward;

  Buffers(
      Graph graph,
      Schedule schedule,
      Storage storage,
      Engine.Options options,
      Constants constants) {
    this.schedule = schedule;
    this.storage = storage;
    this.constants = constants;
    losses = graph.losses();
    layout = new StateLayout(graph, schedule);
    training = options.training();
    arena = new Arena(schedule.buffers(), this::bytesOf);
    activations.reserve(arena.bytes());
    scalars.reserve((long) Math.max(1, losses.size()) * Float.BYTES);
    long bytes = Math.max(1, layout.size()) * Float.BYTES;
    parameters.reserve(bytes);
    if (options.precision() == Precision.BF16) {
      copies.reserve(bytes / 2);
    }
    if (training) {
      gradients.reserve(bytes);
      firstMoment.reserve(bytes);
      secondMoment.reserve(bytes);
    }
  }

  /** Losses lie beside each other, so that one copy brings them all to the host. */
  private long bytesOf(Schedule.Buffer buffer) {
    boolean loss = !buffer.gradient() && losses.contains(buffer.value());
    return loss ? 0 : storage.bytes(buffer);
  }

  List<Region> regions() {
    return List.of(activations, scalars, parameters, copies, gradients, firstMoment, secondMoment);
  }

  StateLayout layout() {
    return layout;
  }

  Region activations() {
    return activations;
  }

  Region losses() {
    return scalars;
  }

  Region parameters() {
    return parameters;
  }

  /** Parameters in the type of activations; empty where that is float32. */
  Region copies() {
    return copies;
  }

  Region gradients() {
    return gradients;
  }

  Region firstMoment() {
    return firstMoment;
  }

  Region secondMoment() {
    return secondMoment;
  }

  /** Whether there are gradients and moments. */
  boolean training() {
    return training;
  }

  Storage storage() {
    return storage;
  }

  Type activationType() {
    return storage.activation();
  }

  /** From now on tasks of the backward pass are made: some values lie elsewhere for them. */
  void turnBack() {
    backward = true;
  }

  /** The numbers of a value. */
  Data of(Value value) {
    return switch (value.role()) {
      case PARAMETER -> parameter(value, storage.activation());
      case CONSTANT -> constant(value, storage.activation());
      case INPUT, INDEX, RESULT -> planned(value);
    };
  }

  Address at(Value value) {
    return of(value).at();
  }

  /** As {@link #of}, in one of the types in which the value is kept. */
  Data of(Value value, Type type) {
    Data data =
        switch (value.role()) {
          case PARAMETER -> parameter(value, type);
          case CONSTANT -> constant(value, type);
          case INPUT, INDEX, RESULT -> planned(value);
        };
    if (data.type() != type) {
      throw new IllegalArgumentException(
          "%s is neither parameter nor constant, and no %s".formatted(value, type));
    }
    return data;
  }

  /** The float32 numbers of a parameter or constant. */
  Address floats(Value value) {
    return of(value, Type.F32).at();
  }

  /** Whether the numbers are float32: 1 or 0, for kernels that read either. */
  int isFloat(Value value) {
    return of(value).type() == Type.F32 ? 1 : 0;
  }

  /** Elements from a row of a value to the next. */
  int stride(Value value) {
    return storage.stride(value);
  }

  /** The gradient of a value. */
  Data gradient(Value value) {
    if (value.role() == Value.Role.PARAMETER) {
      return new Data(parameterGradient(value), Type.F32);
    }
    Schedule.Buffer buffer = schedule.gradient(value);
    return new Data(activations.start().plus(arena.offset(buffer)), storage.activation());
  }

  /** The gradient of a parameter, float32. */
  Address parameterGradient(Value value) {
    if (value.role() != Value.Role.PARAMETER) {
      throw new IllegalArgumentException(value + " is trained but no parameter");
    }
    return gradients.start().plus(Type.F32.bytes(layout.of(value).place()));
  }

  private Data parameter(Value value, Type type) {
    Region region = type == Type.BF16 ? copies : parameters;
    return new Data(region.start().plus(type.bytes(layout.of(value).place())), type);
  }

  private Data constant(Value value, Type type) {
    return constantOf
        .computeIfAbsent(value, v -> new HashMap<>())
        .computeIfAbsent(type, t -> constants.numbers(value.constant(), t));
  }

  private Data planned(Value value) {
    int loss = losses.indexOf(value);
    if (loss >= 0) {
      return new Data(scalars.start().plus(Type.F32.bytes(loss)), Type.F32);
    }
    Schedule.Buffer again = backward ? schedule.again(value) : null;
    Schedule.Buffer buffer = again == null ? schedule.buffer(value) : again;
    return new Data(activations.start().plus(arena.offset(buffer)), storage.of(buffer));
  }
}
