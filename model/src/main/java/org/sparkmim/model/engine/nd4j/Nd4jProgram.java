package org.sparkmim.model.engine.nd4j;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.sparkmim.model.engine.Engine.Options;
import org.sparkmim.model.engine.IndexBounds;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.Updates;

/** A {@link Plan} with memory: two tapes, replayed. */
final class Nd4jProgram implements Program {
  private final Device device;
  private final Plan plan;
  private final IndexBounds bounds;
  private final DeviceState state;
  private final Map<Value, Outlet> outlets = new HashMap<>();
  private DeviceUpdates updates;

  Nd4jProgram(Graph graph, ParameterVectors host, Options options, Device device) {
    this.device = device;
    plan = new Plan(graph, options);
    if (plan.parameters() != host.size()) {
      throw new IllegalArgumentException(
          "the graph has %d parameters, the state %d".formatted(plan.parameters(), host.size()));
    }
    bounds = new IndexBounds(graph);
    state = new DeviceState(host, plan.memory(), plan.trained());
    device.run(plan::bind);
  }

  @Override
  public void write(Value input, float[] numbers) {
    input.requireRole(Value.Role.INPUT);
    input.requireLength(numbers.length);
    device.run(() -> new HostAccess(plan.memory().of(input)).write(numbers));
  }

  @Override
  public void write(Value index, int[] numbers) {
    index.requireRole(Value.Role.INDEX);
    index.requireLength(numbers.length);
    bounds.check(index, numbers);
    device.run(() -> plan.indices().write(index, numbers));
  }

  @Override
  public void forward() {
    device.run(
        () -> {
          state.prepareForward();
          plan.forward().run();
        });
  }

  @Override
  public void backward() {
    device.run(
        () -> {
          plan.backward().run();
          state.wroteGradients();
        });
  }

  @Override
  public Optional<Updates> updates(List<Updates.Range> trained) {
    updates = device.get(() -> new DeviceUpdates(state, trained));
    return Optional.of(this::update);
  }

  private void update(Optimizer optimizer, double rate, long step) {
    device.run(() -> updates.apply(optimizer, rate, step));
  }

  @Override
  public void read(Value value, float[] destination) {
    value.requireLength(destination.length);
    device.run(
        () -> {
          switch (value.role()) {
            case INDEX -> readIndex(value, destination);
            case INPUT -> new HostAccess(plan.memory().of(value)).read(destination, size(value));
            case RESULT -> readResult(value, destination);
            case PARAMETER, CONSTANT ->
                throw new IllegalArgumentException(value + " is not the program's");
          }
        });
  }

  private void readIndex(Value index, float[] destination) {
    int[] numbers = new int[size(index)];
    new HostAccess(plan.memory().of(index)).read(numbers);
    for (int i = 0; i < numbers.length; i++) {
      destination[i] = numbers[i];
    }
  }

  private void readResult(Value result, float[] destination) {
    if (!plan.readable(result)) {
      throw new IllegalStateException(
          result + " has been overwritten; compile an inspectable program to read it");
    }
    outlets
        .computeIfAbsent(result, any -> new Outlet(plan.memory().of(result)))
        .read(destination, size(result));
  }

  @Override
  public double scalar(Value value) {
    float[] number = new float[1];
    device.run(() -> new HostAccess(plan.memory().of(value)).read(number, 1));
    return number[0];
  }

  @Override
  public long activationBytes() {
    return plan.memory().activationBytes();
  }

  @Override
  public Map<String, Long> nanosByOperation() {
    Map<String, Long> nanos = new TreeMap<>();
    plan.forward().addTo(nanos);
    plan.backward().addTo(nanos);
    return nanos;
  }

  @Override
  public void close() {
    device.run(
        () -> {
          if (updates != null) {
            updates.close();
          }
          outlets.values().forEach(Outlet::close);
          state.close();
          plan.memory().close();
        });
  }

  private static int size(Value value) {
    return Math.toIntExact(value.size());
  }
}
