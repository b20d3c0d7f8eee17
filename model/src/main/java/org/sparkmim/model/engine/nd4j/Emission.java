package org.sparkmim.model.engine.nd4j;

import java.util.function.Consumer;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/** The vocabulary in which the operations of a graph are written: its values, and arithmetic. */
final class Emission extends Arithmetic {
  private final Memory memory;
  private final Indices indices;

  Emission(Memory memory, Indices indices) {
    this.memory = memory;
    this.indices = indices;
  }

  /** A value as rows of its width. */
  Tensor rows(Value value) {
    return memory.of(value).rows(value.width());
  }

  /** The gradient of a value as rows of its width. */
  Tensor gradientRows(Value value) {
    return memory.gradient(value).rows(value.width());
  }

  /** A value as one row. */
  Tensor row(Value value) {
    return memory.of(value).as(1, value.size());
  }

  /** A value {@code [B, ..]} with a row for each image. */
  Tensor images(Value value) {
    return rows(value).as(value.extent(0), value.size() / value.extent(0));
  }

  /** The gradient of a value {@code [B, ..]} with a row for each image. */
  Tensor gradientImages(Value value) {
    return gradientRows(value).as(value.extent(0), value.size() / value.extent(0));
  }

  Tensor scratch(long... shape) {
    return memory.scratch(shape);
  }

  /** The numbers of a tensor as doubles, in scratch room. */
  Tensor wide(Tensor x) {
    Tensor wide = memory.wideScratch(x.shape());
    cast(x, wide);
    return wide;
  }

  Tensor ones(long... shape) {
    return memory.ones(shape);
  }

  /** Numbers of an index value, or computed from it when it is written. */
  Indices indices() {
    return indices;
  }

  /** How a product is left: {@code out = product} or {@code out += product}. */
  interface Product {
    /**
     * @param beta what the numbers there before count: 0 or 1
     */
    void write(Tensor gradient, double beta);
  }

  /** Writes a contribution to the gradient of an input as a product. */
  void accumulate(BackwardStep step, Value input, Product product) {
    switch (step.write(input)) {
      case SET -> product.write(gradientRows(input), 0);
      case ADD -> product.write(gradientRows(input), 1);
      case NONE, SHARED -> {}
    }
  }

  /** Writes a contribution to the gradient of an input that can only be set. */
  void contribute(BackwardStep step, Value input, Consumer<Tensor> writer) {
    Write write = step.write(input);
    if (write == Write.SET) {
      writer.accept(gradientRows(input));
    } else if (write == Write.ADD) {
      Tensor gradient = gradientRows(input);
      Tensor contribution = scratch(gradient.shape());
      writer.accept(contribution);
      add(gradient, contribution, gradient);
    }
  }

  /** Leaves those numbers as the contribution to the gradient of an input. */
  void contribute(BackwardStep step, Value input, Tensor contribution) {
    Write write = step.write(input);
    if (write == Write.SET) {
      copy(contribution, memory.gradient(input).as(contribution.shape()));
    } else if (write == Write.ADD) {
      Tensor gradient = memory.gradient(input).as(contribution.shape());
      add(gradient, contribution, gradient);
    }
  }

  /** Rows of {@code x [r, c]} by their numbers; number r stands for a row of {@code filler}. */
  void gatherOr(double filler, Tensor x, Tensor numbers, Tensor out) {
    long rows = x.shape()[0];
    Tensor longer = scratch(rows + 1, x.shape()[1]);
    copy(x, longer.rows(0, rows));
    fill(longer.rows(rows, 1), filler);
    gather(longer, numbers, out);
  }

  /** Sums over the rows of {@code x [r, c]}, to {@code out [1, c]}; ND4J's own are slow. */
  void columnSums(Tensor x, Tensor out, double beta) {
    product(ones(1, x.shape()[0]), x, out, 1, beta);
  }

  /** Sums of the rows of {@code x [r, c]}, to {@code out [r, 1]}. */
  void rowSums(Tensor x, Tensor out, double alpha) {
    product(x, ones(x.shape()[1], 1), out, alpha, 0);
  }

  /** The sum of all of {@code x [r, c]}, to one element; rows first, lest roundings pile up. */
  void sum(Tensor x, Tensor out, double alpha) {
    Tensor sums = scratch(x.shape()[0], 1);
    rowSums(x, sums, 1);
    product(ones(1, x.shape()[0]), sums, out.as(1, 1), alpha, 0);
  }
}
