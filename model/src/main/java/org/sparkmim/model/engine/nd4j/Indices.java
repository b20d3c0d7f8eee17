package org.sparkmim.model.engine.nd4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.sparkmim.model.graph.Value;

/**
 * Index values and what operations make of them: row numbers and weights, computed on the host when
 * an index is written, so that a step needs no arithmetic of integers.
 */
final class Indices {
  /** Row numbers from the numbers of an index. */
  @FunctionalInterface
  interface Rows {
    void fill(int[] index, int[] rows);
  }

  /** Factors from the numbers of an index. */
  @FunctionalInterface
  interface Weights {
    void fill(int[] index, float[] weights);
  }

  private record Constant(Tensor tensor, int[] numbers) {}

  private record DerivedRows(Tensor tensor, Rows rows, int[] numbers) {}

  private record DerivedWeights(Tensor tensor, Weights weights, float[] numbers) {}

  private final Memory memory;
  private final Map<Value, List<DerivedRows>> rows = new HashMap<>();
  private final Map<Value, List<DerivedWeights>> weights = new HashMap<>();
  private final List<Constant> constants = new ArrayList<>();

  Indices(Memory memory) {
    this.memory = memory;
  }

  /** The numbers themselves. */
  Tensor of(Value index) {
    return memory.of(index);
  }

  /** {@code count} row numbers made of an index. */
  Tensor rows(Value index, int count, Rows fill) {
    Tensor tensor = memory.own(DataType.INT, count);
    rows.computeIfAbsent(index, any -> new ArrayList<>())
        .add(new DerivedRows(tensor, fill, new int[count]));
    return tensor;
  }

  /** {@code count} factors made of an index. */
  Tensor weights(Value index, int count, Weights fill) {
    Tensor tensor = memory.own(DataType.FLOAT, count);
    weights
        .computeIfAbsent(index, any -> new ArrayList<>())
        .add(new DerivedWeights(tensor, fill, new float[count]));
    return tensor;
  }

  /** Row numbers that never change. */
  Tensor constant(int[] numbers) {
    Tensor tensor = memory.own(DataType.INT, numbers.length);
    constants.add(new Constant(tensor, numbers));
    return tensor;
  }

  /** Writes the numbers that never change; the memory is allocated. */
  void writeConstants() {
    constants.forEach(constant -> new HostAccess(constant.tensor).write(constant.numbers));
  }

  /** Writes an index and all that is made of it. */
  void write(Value index, int[] numbers) {
    new HostAccess(memory.of(index)).write(numbers);
    for (DerivedRows derived : rows.getOrDefault(index, List.of())) {
      derived.rows.fill(numbers, derived.numbers);
      new HostAccess(derived.tensor).write(derived.numbers);
    }
    for (DerivedWeights derived : weights.getOrDefault(index, List.of())) {
      derived.weights.fill(numbers, derived.numbers);
      new HostAccess(derived.tensor).write(derived.numbers);
    }
  }
}
