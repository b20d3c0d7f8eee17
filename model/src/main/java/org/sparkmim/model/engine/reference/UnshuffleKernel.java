package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * Visible tokens to their grid positions, mask token plus position into the gaps; the gradient of a
 * gap goes to the mask token.
 */
final class UnshuffleKernel implements Kernel {
  private final int batch;
  private final int grid;
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

  UnshuffleKernel(Op.Unshuffle op, Operands operands) {
    batch = op.x().extent(0);
    grid = op.restoreIds().extent(1);
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
      System.arraycopy(x, visibleToken(b, 0), out, gridToken(b, 0), width);
      for (int t = 0; t < grid; t++) {
        int rank = restoreIds[b * grid + t];
        int to = gridToken(b, 1 + t);
        if (rank < visible) {
          System.arraycopy(x, visibleToken(b, 1 + rank), out, to, width);
        } else {
          for (int j = 0; j < width; j++) {
            out[to + j] = maskToken[j] + positions[(1 + t) * width + j];
          }
        }
      }
    }
  }

  @Override
  public void backward() {
    for (int b = 0; b < batch; b++) {
      addRow(gridToken(b, 0), dx, visibleToken(b, 0));
      for (int t = 0; t < grid; t++) {
        int rank = restoreIds[b * grid + t];
        int from = gridToken(b, 1 + t);
        if (rank < visible) {
          addRow(from, dx, visibleToken(b, 1 + rank));
        } else {
          addRow(from, dmaskToken, 0);
        }
      }
    }
  }

  private void addRow(int from, double[] gradient, int to) {
    if (gradient != null) {
      for (int j = 0; j < width; j++) {
        gradient[to + j] += dout[from + j];
      }
    }
  }

  private int visibleToken(int b, int token) {
    return (b * (visible + 1) + token) * width;
  }

  private int gridToken(int b, int token) {
    return (b * (grid + 1) + token) * width;
  }
}
