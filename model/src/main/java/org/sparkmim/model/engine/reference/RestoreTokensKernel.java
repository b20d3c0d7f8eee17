package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** Visible token or mask token, plus position; the gradient goes to whichever of them was taken. */
final class RestoreTokensKernel implements Kernel {
  private final int batch;
  private final int tokens;
  private final int visible;
  private final int width;
  private final double[] x;
  private final double[] maskToken;
  private final double[] positions;
  private final int[] restoreIds;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dmaskToken;

  RestoreTokensKernel(Op.RestoreTokens op, Operands operands) {
    batch = op.x().extent(0);
    tokens = op.out().extent(1);
    visible = op.visible();
    width = op.x().width();
    x = operands.numbers(op.x());
    maskToken = operands.numbers(op.maskToken());
    positions = operands.numbers(op.positions());
    restoreIds = operands.indices(op.restoreIds());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dmaskToken = operands.gradientFor(op.maskToken());
  }

  @Override
  public void forward() {
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < tokens; t++) {
        int rank = restoreIds[t];
        for (int j = 0; j < width; j++) {
          double token = rank < visible ? x[visibleToken(b, rank) + j] : maskToken[j];
          out[(b * tokens + t) * width + j] = token + positions[t * width + j];
        }
      }
    }
  }

  @Override
  public void backward() {
    for (int b = 0; b < batch; b++) {
      for (int t = 0; t < tokens; t++) {
        int rank = restoreIds[t];
        double[] gradient = rank < visible ? dx : dmaskToken;
        int to = rank < visible ? visibleToken(b, rank) : 0;
        if (gradient != null) {
          for (int j = 0; j < width; j++) {
            gradient[to + j] += dout[(b * tokens + t) * width + j];
          }
        }
      }
    }
  }

  private int visibleToken(int b, int rank) {
    return (b * visible + rank) * width;
  }
}
