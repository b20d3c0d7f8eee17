package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** Element {@code source[i]} of x becomes element i of the result. */
final class PermuteKernel implements Kernel {
  private final int[] source;
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  PermuteKernel(Op.Permute op, Operands operands) {
    source = source(op);
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    for (int i = 0; i < out.length; i++) {
      out[i] = x[source[i]];
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int i = 0; i < out.length; i++) {
        dx[source[i]] += dout[i];
      }
    }
  }

  private static int[] source(Op.Permute op) {
    int rank = op.extents().size();
    int[] strides = new int[rank];
    int stride = 1;
    for (int d = rank - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= op.extents().get(d);
    }
    int[] permuted = op.permuted().stream().mapToInt(Integer::intValue).toArray();
    int[] source = new int[stride];
    for (int i = 0; i < source.length; i++) {
      int rest = i;
      for (int d = rank - 1; d >= 0; d--) {
        source[i] += rest % permuted[d] * strides[op.axes().get(d)];
        rest /= permuted[d];
      }
    }
    return source;
  }
}
