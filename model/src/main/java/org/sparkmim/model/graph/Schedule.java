package org.sparkmim.model.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The two lists of kernels of a graph and the life of every buffer they touch.
 *
 * <p>Time runs over the forward operations, then over the backward ones in reverse. A gradient that
 * receives several contributions is {@link Write#SET} by the first and added to by the rest. The
 * gradient of a residual input is the gradient of the output: as long as it is the first
 * contribution both share one buffer and nothing is copied.
 */
public final class Schedule {
  /** How a backward kernel leaves its contribution to the gradient of an input. */
  public enum Write {
    /** The input has no gradient. */
    NONE,
    /** Overwrites the buffer. */
    SET,
    /** Adds to the buffer. */
    ADD,
    /** The buffer is the output's gradient; nothing to do. */
    SHARED
  }

  /**
   * A backward kernel: {@code writes} holds one entry for each of {@code op.inputs()}; before it,
   * the outputs of {@code again} are computed once more.
   */
  public record BackwardStep(Op op, List<Write> writes, List<Op> again) {
    /** How the contribution to {@code input} is left. */
    public Write write(Value input) {
      int at = op.inputs().indexOf(input);
      return at < 0 ? Write.NONE : writes.get(at);
    }
  }

  /**
   * A planned buffer: {@code value} tells shape and meaning; it is in use from time {@code first}
   * to {@code last}, both included.
   */
  public static final class Buffer {
    private final Value value;
    private final boolean gradient;
    private int first;
    private int last;

    private Buffer(Value value, boolean gradient, int first) {
      this.value = value;
      this.gradient = gradient;
      this.first = first;
      this.last = first;
    }

    public Value value() {
      return value;
    }

    /** Whether this holds the gradient of {@link #value()}. */
    public boolean gradient() {
      return gradient;
    }

    public int first() {
      return first;
    }

    public int last() {
      return last;
    }

    private void touch(int time) {
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
  }

  private final List<Op> forward;
  private final List<BackwardStep> backward = new ArrayList<>();
  private final List<Buffer> buffers = new ArrayList<>();
  private final Map<Value, Buffer> bufferOf = new HashMap<>();
  private final Map<Value, Buffer> gradientOf = new HashMap<>();
  private final Map<Value, Buffer> againOf = new HashMap<>();
  private final Function<Op, List<Value>> saved;

  /**
   * @param training plan backward kernels for the sum of the losses
   * @param inspectable keep every result until the end, so that it can be read after a pass; else
   *     what is {@link Op#cheap} and has one reader is computed again for the backward pass
   */
  public Schedule(Graph graph, boolean training, boolean inspectable) {
    this(graph, training, inspectable, Op::saved);
  }

  /**
   * @param saved what an engine's backward kernels read of an operation, where that is not {@link
   *     Op#saved}
   */
  public Schedule(
      Graph graph, boolean training, boolean inspectable, Function<Op, List<Value>> saved) {
    this.saved = saved;
    forward = graph.ops();
    int count = forward.size();
    int end = training ? 2 * count : count;
    planForward(graph, inspectable ? end : 0, end);
    if (training) {
      planBackward(graph, count, !inspectable);
    }
  }

  public List<Op> forward() {
    return forward;
  }

  public List<BackwardStep> backward() {
    return Collections.unmodifiableList(backward);
  }

  /** Buffers of inputs, results and gradients of results; parameters live elsewhere. */
  public List<Buffer> buffers() {
    return Collections.unmodifiableList(buffers);
  }

  /** The buffer of an input or result. */
  public Buffer buffer(Value value) {
    return bufferOf.get(value);
  }

  /** The buffer into which a value is computed again for the backward pass, or null. */
  public Buffer again(Value value) {
    return againOf.get(value);
  }

  /** The buffer of the gradient of a result, or null where there is none. */
  public Buffer gradient(Value value) {
    return gradientOf.get(value);
  }

  /** Whether a value still holds its numbers when the forward pass is over. */
  public boolean outlivesForward(Value value) {
    return bufferOf.get(value).last() >= forward.size();
  }

  /** Whether the backward pass writes the gradient of that parameter. */
  public boolean trains(Value parameter) {
    return backward.stream().anyMatch(step -> step.write(parameter) != Write.NONE);
  }

  private void planForward(Graph graph, int keepUntil, int end) {
    for (Value value : graph.values()) {
      switch (value.role()) {
        case INPUT, INDEX -> {
          Buffer buffer = add(bufferOf, value, false, 0);
          buffer.touch(end);
        }
        case PARAMETER, CONSTANT, RESULT -> {}
      }
    }
    for (int time = 0; time < forward.size(); time++) {
      Op op = forward.get(time);
      add(bufferOf, op.out(), false, time);
      for (Value statistic : op.statistics()) {
        add(bufferOf, statistic, false, time);
      }
      for (Value input : op.inputs()) {
        touch(bufferOf, input, time);
      }
    }
    for (Buffer buffer : buffers) {
      buffer.touch(Math.max(buffer.last, keepUntil));
    }
    for (Value loss : graph.losses()) {
      touch(bufferOf, loss, end);
    }
    for (Value output : graph.outputs()) {
      touch(bufferOf, output, end);
    }
    for (Value value : graph.named().values()) {
      boolean result = value.role() == Value.Role.RESULT;
      boolean consumed = forward.stream().anyMatch(op -> op.inputs().contains(value));
      if (result && !consumed) {
        touch(bufferOf, value, end);
      }
    }
  }

  private void planBackward(Graph graph, int count, boolean sparing) {
    Map<Value, Op> spared = sparing ? spared() : Map.of();
    Set<Value> written = new HashSet<>(graph.losses());
    for (int i = count - 1; i >= 0; i--) {
      Op op = forward.get(i);
      int time = 2 * count - 1 - i;
      if (!written.contains(op.out())) {
        continue;
      }
      List<Write> writes = new ArrayList<>();
      for (Value input : op.inputs()) {
        writes.add(contribute(op, input, written, time));
      }
      if (writes.stream().allMatch(write -> write == Write.NONE)) {
        continue;
      }
      touch(gradientOf, op.out(), time);
      List<Op> again = new ArrayList<>();
      for (Value value : saved.apply(op)) {
        Op source = spared.get(value);
        if (source == null) {
          touch(bufferOf, value, time);
        } else {
          again.add(source);
          add(againOf, value, false, time);
          source.inputs().forEach(input -> touch(bufferOf, input, time));
          source.statistics().forEach(statistic -> touch(bufferOf, statistic, time));
        }
      }
      backward.add(new BackwardStep(op, List.copyOf(writes), List.copyOf(again)));
    }
  }

  /** Cheap results by what computes them, where one backward kernel reads them and nobody else. */
  private Map<Value, Op> spared() {
    Map<Value, Op> spared = new HashMap<>();
    for (Op op : forward) {
      long readers =
          forward.stream().filter(other -> saved.apply(other).contains(op.out())).count();
      boolean kept = outlivesForward(op.out()) || !op.out().differentiable();
      boolean sourceKept = op.inputs().stream().noneMatch(spared::containsKey);
      if (op.cheap() && readers == 1 && !kept && sourceKept) {
        spared.put(op.out(), op);
      }
    }
    return spared;
  }

  private Write contribute(Op op, Value input, Set<Value> written, int time) {
    if (!input.differentiable()) {
      return Write.NONE;
    }
    boolean first = written.add(input);
    if (input.role() == Value.Role.PARAMETER) {
      return first ? Write.SET : Write.ADD;
    }
    if (first && op.residual() == input) {
      gradientOf.put(input, gradientOf.get(op.out()));
      return Write.SHARED;
    }
    if (first) {
      add(gradientOf, input, true, time);
      return Write.SET;
    }
    touch(gradientOf, input, time);
    return Write.ADD;
  }

  private Buffer add(Map<Value, Buffer> index, Value value, boolean gradient, int time) {
    Buffer buffer = new Buffer(value, gradient, time);
    buffers.add(buffer);
    index.put(value, buffer);
    return buffer;
  }

  private static void touch(Map<Value, Buffer> index, Value value, int time) {
    Buffer buffer = index.get(value);
    if (buffer != null) {
      buffer.touch(time);
    }
  }
}
