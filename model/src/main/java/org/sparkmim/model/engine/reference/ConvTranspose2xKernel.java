package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/** {@code out[b, 2i+u, 2j+v, o] = bias[o] + sum_c x[b, i, j, c] weight[c, o, u, v]}. */
final class ConvTranspose2xKernel implements Kernel {
  private final int grids;
  private final int grid;
  private final int channels;
  private final int outs;
  private final double[] x;
  private final double[] weight;
  private final double[] bias;
  private final double[] out;
  private final double[] dout;
  private final double[] dx;
  private final double[] dweight;
  private final double[] dbias;

  ConvTranspose2xKernel(Op.ConvTranspose2x op, Operands operands) {
    grid = op.grid();
    grids = op.x().rows() / (grid * grid);
    channels = op.x().width();
    outs = op.out().width();
    x = operands.numbers(op.x());
    weight = operands.numbers(op.weight());
    bias = operands.numbers(op.bias());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dx = operands.gradientFor(op.x());
    dweight = operands.gradientFor(op.weight());
    dbias = operands.gradientFor(op.bias());
  }

  @Override
  public void forward() {
    forEachCell(this::upsample);
  }

  @Override
  public void backward() {
    forEachCell(this::gradients);
  }

  /** A cell of the finer grid: where it starts in out, its cell in x, and its kernel element. */
  private interface Cell {
    void visit(int outAt, int xAt, int u, int v);
  }

  private void forEachCell(Cell cell) {
    for (int b = 0; b < grids; b++) {
      for (int row = 0; row < 2 * grid; row++) {
        for (int column = 0; column < 2 * grid; column++) {
          int outAt = ((b * 2 * grid + row) * 2 * grid + column) * outs;
          int xAt = ((b * grid + row / 2) * grid + column / 2) * channels;
          cell.visit(outAt, xAt, row % 2, column % 2);
        }
      }
    }
  }

  private void upsample(int outAt, int xAt, int u, int v) {
    for (int o = 0; o < outs; o++) {
      double sum = bias[o];
      for (int c = 0; c < channels; c++) {
        sum += x[xAt + c] * weight[kernel(c, o, u, v)];
      }
      out[outAt + o] = sum;
    }
  }

  private void gradients(int outAt, int xAt, int u, int v) {
    for (int o = 0; o < outs; o++) {
      double d = dout[outAt + o];
      for (int c = 0; c < channels; c++) {
        if (dx != null) {
          dx[xAt + c] += d * weight[kernel(c, o, u, v)];
        }
        if (dweight != null) {
          dweight[kernel(c, o, u, v)] += d * x[xAt + c];
        }
      }
      if (dbias != null) {
        dbias[o] += d;
      }
    }
  }

  private int kernel(int c, int o, int u, int v) {
    return ((c * outs + o) * 2 + u) * 2 + v;
  }
}
