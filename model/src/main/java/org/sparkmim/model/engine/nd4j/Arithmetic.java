package org.sparkmim.model.engine.nd4j;

import java.util.List;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarAdd;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMultiplication;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarSet;
import org.nd4j.linalg.api.ops.impl.transforms.floating.RSqrt;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;

/**
 * The ND4J operations that are right and not slow, as calls on a {@link Tape}. The output is named
 * last and may be one of the inputs, but for products and gathered rows. In {@code add}, {@code
 * subtract}, {@code multiply}, {@code divide} and {@code copy} an operand is repeated along its
 * extents of 1.
 */
class Arithmetic {
  private Tape tape;

  /** Where to write from now on. */
  final void onto(Tape other) {
    tape = other;
  }

  /** {@code out = alpha a b + beta out}, over the last two dimensions of each. */
  final void product(Tensor a, Tensor b, Tensor out, double alpha, double beta) {
    product(a, false, b, false, out, alpha, beta);
  }

  /** The same with {@code a} or {@code b} transposed. */
  final void product(
      Tensor a,
      boolean transposeA,
      Tensor b,
      boolean transposeB,
      Tensor out,
      double alpha,
      double beta) {
    tape.custom(
        "matmul",
        List.of(a, b),
        out,
        new double[] {alpha, beta},
        new long[] {transposeA ? 1 : 0, transposeB ? 1 : 0, 0});
  }

  final void add(Tensor a, Tensor b, Tensor out) {
    tape.custom("add", List.of(a, b), out);
  }

  final void subtract(Tensor a, Tensor b, Tensor out) {
    tape.custom("subtract", List.of(a, b), out);
  }

  final void multiply(Tensor a, Tensor b, Tensor out) {
    tape.custom("multiply", List.of(a, b), out);
  }

  final void divide(Tensor a, Tensor b, Tensor out) {
    tape.custom("divide", List.of(a, b), out);
  }

  final void scale(Tensor x, double factor, Tensor out) {
    tape.elementwise((from, to) -> new ScalarMultiplication(from, null, to, factor), x, out);
  }

  final void shift(Tensor x, double summand, Tensor out) {
    tape.elementwise((from, to) -> new ScalarAdd(from, null, to, summand), x, out);
  }

  final void erf(Tensor x, Tensor out) {
    tape.elementwise(Erf::new, x, out);
  }

  final void exp(Tensor x, Tensor out) {
    tape.elementwise(Exp::new, x, out);
  }

  /** {@code 1 / (1 + exp(-x))}. */
  final void sigmoid(Tensor x, Tensor out) {
    tape.elementwise(Sigmoid::new, x, out);
  }

  final void root(Tensor x, Tensor out) {
    tape.elementwise(Sqrt::new, x, out);
  }

  /** {@code 1 / sqrt(x)}. */
  final void inverseRoot(Tensor x, Tensor out) {
    tape.elementwise(RSqrt::new, x, out);
  }

  final void clip(Tensor x, double least, double most, Tensor out) {
    tape.custom("clipbyvalue", List.of(x), out, new double[] {least, most}, new long[0]);
  }

  /** Over each row. */
  final void softmax(Tensor x, Tensor out) {
    tape.custom("softmax", List.of(x), out, new double[0], new long[] {1});
  }

  /** Over each row. */
  final void logSoftmax(Tensor x, Tensor out) {
    tape.custom("log_softmax", List.of(x), out, new double[0], new long[] {1});
  }

  /** The same numbers in the type of the output. */
  final void cast(Tensor x, Tensor out) {
    long[] type = {out.store().type().toInt()};
    tape.custom("cast", List.of(x), out, new double[0], type);
  }

  /** The sum of all of {@code x [r, c]}, to {@code out [1, 1]}, in the type of both. */
  final void total(Tensor x, Tensor out) {
    double[] keepingExtents = {1};
    tape.custom("reduce_sum", List.of(x), out, keepingExtents, new long[] {0, 1});
  }

  /** Repeats {@code x} along its extents of 1. */
  final void copy(Tensor x, Tensor out) {
    tape.custom("assign", List.of(out, x), out);
  }

  final void fill(Tensor out, double number) {
    tape.elementwise((from, to) -> new ScalarSet(from, null, to, number), out, out);
  }

  /** {@code out[i] = table[index[i]]}, rows. */
  final void gather(Tensor table, Tensor index, Tensor out) {
    tape.custom("gather", List.of(table, index), out, new double[0], new long[] {0});
  }

  /** {@code out[i, index[i]] = 1}, all else 0. */
  final void oneHot(Tensor index, Tensor out) {
    long[] axisAndDepth = {1, out.shape()[1]};
    tape.custom("onehot", List.of(index), out, new double[] {1, 0}, axisAndDepth);
  }
}
