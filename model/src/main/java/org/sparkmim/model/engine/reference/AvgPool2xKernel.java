package org.sparkmim.model.engine.reference;

import java.util.Arrays;
import org.sparkmim.model.graph.Op;

/** Each cell of the coarser grid is the mean of four; each of the four gets a quarter back. */
final class AvgPool2xKernel implements Kernel {
  private final int batch;
  private final int grid;
  private final int width;
  private final double[] x;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;

  AvgPool2xKernel(Op.AvgPool2x op, Operands operands) {
    batch = op.x().extent(0);
    grid = op.grid();
    width = op.x().width();
    x = operands.numbers(op.x());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
  }

  @Override
  public void forward() {
    Arrays.fill(out, 0);
    for (int cell = 0; cell < batch * grid * grid; cell++) {
      int to = coarse(cell) * width;
      for (int j = 0; j < width; j++) {
        out[to + j] += x[cell * width + j] / 4;
      }
    }
  }

  @Override
  public void backward() {
    if (dx != null) {
      for (int cell = 0; cell < batch * grid * grid; cell++) {
        int from = coarse(cell) * width;
        for (int j = 0; j < width; j++) {
          dx[cell * width + j] += dout[from + j] / 4;
        }
      }
    }
  }

  /** The cell of the coarser grids that holds a cell of the finer ones, counted over the batch. */
  private int coarse(int cell) {
    int column = cell % grid;
    int row = cell / grid % grid;
    int image = cell / (grid * grid);
    int half = grid / 2;
    return (image * half + row / 2) * half + column / 2;
  }
}
