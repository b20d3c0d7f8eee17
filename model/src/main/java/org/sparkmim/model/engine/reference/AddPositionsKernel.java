package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b] = x[b] + p}; {@code dx = dout}, {@code dp = sum_b dout[b]}. */
final class AddPositionsKernel implements Kernel {
  private final double[] x;
  private final double[] positions;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dpositions;

  AddPositionsKernel(Op.AddPositions op, Operands operands) {
    x = operands.numbers(op.x());
    positions = operands.numbers(op.positions());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dpositions = operands.gradientFor(op.positions());
  }

  @Override
  public void forward() {
    for (int i = 0; i < out.length; i++) {
      out[i] = x[i] + positions[i % positions.length];
    }
  }

  @Override
  public void backward() {
    for (int i = 0; i < out.length; i++) {
      if (dx != null) {
        dx[i] += dout[i];
      }
      if (dpositions != null) {
        dpositions[i % dpositions.length] += dout[i];
      }
    }
  }
}
