package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b] = mean_t x[b, t]}; {@code dx[b, t] = dout[b] / N}. */
final class TokenMeanKernel implements Kernel {
  private final int tokens;
  private final int width;
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  TokenMeanKernel(Op.TokenMean op, Operands operands) {
    tokens = op.x().extent(1);
    width = op.x().width();
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    for (int i = 0; i < out.length; i++) {
      double sum = 0;
      for (int t = 0; t < tokens; t++) {
        sum += x[at(i, t)];
      }
      out[i] = sum / tokens;
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int i = 0; i < dout.length; i++) {
        for (int t = 0; t < tokens; t++) {
          dx[at(i, t)] += dout[i] / tokens;
        }
      }
    }
  }

  /** Place in {@code x} of token {@code t} for element {@code i} of the mean. */
  private int at(int i, int t) {
    return (i / width * tokens + t) * width + i % width;
  }
}
