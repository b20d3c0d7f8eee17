package org.sparkmim.model.engine.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.sparkmim.model.engine.HogTargets;
import org.sparkmim.model.engine.IndexBounds;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/** Kernels in the order of a {@link Schedule}, on a {@link Memory}. */
final class ReferenceProgram implements Program {
  /** A parameter and its places in the flat vectors. */
  private record Range(Value value, FloatPointer parameters, FloatPointer gradients) {}

  private final Schedule schedule;
  private final Memory memory;
  private final IndexBounds bounds;
  private final List<Range> ranges = new ArrayList<>();
  private final float[] staging;
  private final Map<Op, Kernel> kernels = new HashMap<>();
  private final boolean training;
  private boolean awaitsBackward;

  /**
   * @param training whether {@code schedule} holds the backward steps
   */
  ReferenceProgram(Graph graph, Schedule schedule, ParameterVectors state, boolean training) {
    this.schedule = schedule;
    this.training = training;
    this.memory = new Memory(graph, schedule);
    this.bounds = new IndexBounds(graph);
    this.staging = new float[locate(graph.parameters(), state)];
    Map<Op, BackwardStep> steps = new HashMap<>();
    schedule.backward().forEach(step -> steps.put(step.op(), step));
    for (Op op : schedule.forward()) {
      kernels.put(op, Kernel.of(op, new Operands(memory, steps.get(op))));
    }
  }

  @Override
  public void write(Value input, float[] numbers) {
    input.requireRole(Value.Role.INPUT);
    input.requireLength(numbers.length);
    double[] destination = memory.numbers(input);
    for (int i = 0; i < destination.length; i++) {
      destination[i] = numbers[i];
    }
  }

  @Override
  public void write(Value index, int[] numbers) {
    index.requireRole(Value.Role.INDEX);
    index.requireLength(numbers.length);
    bounds.check(index, numbers);
    int[] destination = memory.indices(index);
    System.arraycopy(numbers, 0, destination, 0, destination.length);
  }

  @Override
  public Optional<HogTargets> hogTargets(int imageSize, List<HogTargets.Tap> taps) {
    return Optional.of(
        images -> {
          for (HogTargets.Tap tap : taps) {
            new HogCells(tap, images, imageSize).write(memory.numbers(tap.target()));
          }
        });
  }

  @Override
  public void forward() {
    ranges.forEach(this::readParameter);
    for (Op op : schedule.forward()) {
      kernels.get(op).forward();
    }
    awaitsBackward = training;
  }

  @Override
  public void backward() {
    if (!awaitsBackward) {
      throw new IllegalStateException("backward() follows one forward() of a training program");
    }
    awaitsBackward = false;
    for (BackwardStep step : schedule.backward()) {
      clearNewGradients(step);
      kernels.get(step.op()).backward();
    }
    ranges.forEach(this::writeGradient);
  }

  @Override
  public void read(Value value, float[] destination) {
    value.requireLength(destination.length);
    if (value.role() == Value.Role.INDEX) {
      int[] indices = memory.indices(value);
      for (int i = 0; i < indices.length; i++) {
        destination[i] = indices[i];
      }
      return;
    }
    narrow(memory.numbers(value), destination);
  }

  @Override
  public double scalar(Value value) {
    return memory.numbers(value)[0];
  }

  @Override
  public long activationBytes() {
    return schedule.buffers().stream().mapToLong(b -> b.value().size() * Double.BYTES).sum();
  }

  @Override
  public void close() {
    // The arrays belong to the garbage collector and the parameters to somebody else.
  }

  /** Kernels only add, so the first contribution to a gradient must find zeros. */
  private void clearNewGradients(BackwardStep step) {
    for (int i = 0; i < step.writes().size(); i++) {
      if (step.writes().get(i) == Write.SET) {
        Arrays.fill(memory.gradient(step.op().inputs().get(i)), 0);
      }
    }
  }

  private void readParameter(Range range) {
    double[] numbers = memory.numbers(range.value());
    range.parameters().get(staging, 0, numbers.length);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = staging[i];
    }
  }

  private void writeGradient(Range range) {
    double[] gradient = memory.gradient(range.value());
    if (gradient != null) {
      narrow(gradient, staging);
      range.gradients().put(staging, 0, gradient.length);
    }
  }

  /** Fills {@link #ranges}; returns the length of the longest. */
  private int locate(List<Value> parameters, ParameterVectors state) {
    long offset = 0;
    int longest = 0;
    for (Value parameter : parameters) {
      ranges.add(
          new Range(parameter, view(state.parameters(), offset), view(state.gradients(), offset)));
      offset += parameter.size();
      longest = Math.max(longest, (int) parameter.size());
    }
    if (offset != state.size()) {
      throw new IllegalArgumentException(
          "the graph has %d parameters, the state %d".formatted(offset, state.size()));
    }
    return longest;
  }

  private static FloatPointer view(FloatPointer vector, long offset) {
    return new FloatPointer(vector).position(vector.position() + offset);
  }

  private static void narrow(double[] doubles, float[] floats) {
    for (int i = 0; i < doubles.length; i++) {
      floats[i] = (float) doubles[i];
    }
  }
}
