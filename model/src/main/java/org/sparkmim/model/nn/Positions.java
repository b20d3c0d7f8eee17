package org.sparkmim.model.nn;

import java.util.Arrays;

/**
 * Two-dimensional sine-cosine positions (MAE, util/pos_embed), and how a table of positions is
 * carried over to images of another size.
 */
public final class Positions {
  /** Which half of a row encodes what. */
  public enum Order {
    /** {@code [sin(c w), cos(c w), sin(r w), cos(r w)]}, as in MAE. */
    COLUMN_FIRST,
    /** {@code [sin(r w), cos(r w), sin(c w), cos(c w)]}, as in mmpretrain. */
    ROW_FIRST
  }

  private Positions() {}

  /**
   * Rows for cls (zeros) and for each token of a square grid, row-major; {@code width / 4}
   * frequencies {@code w_i = 10000^(-4i/width)}.
   *
   * @return {@code [1 + grid*grid, width]}
   */
  public static float[] table(int grid, int width, Order order) {
    int quarter = width / 4;
    float[] table = new float[(1 + grid * grid) * width];
    for (int row = 0; row < grid; row++) {
      for (int column = 0; column < grid; column++) {
        int at = (1 + row * grid + column) * width;
        for (int i = 0; i < quarter; i++) {
          double frequency = 1 / StrictMath.pow(10000, i / (double) quarter);
          double first = frequency * (order == Order.COLUMN_FIRST ? column : row);
          double second = frequency * (order == Order.COLUMN_FIRST ? row : column);
          table[at + i] = (float) StrictMath.sin(first);
          table[at + quarter + i] = (float) StrictMath.cos(first);
          table[at + 2 * quarter + i] = (float) StrictMath.sin(second);
          table[at + 3 * quarter + i] = (float) StrictMath.cos(second);
        }
      }
    }
    return table;
  }

  /**
   * A table for another grid, as PyTorch's bicubic interpolation without aligned corners makes it:
   * the centre of token i of the new grid lies at {@code (i + 0.5) * from / to - 0.5} of the old
   * one; four neighbours a side weigh in by the cubic convolution of Keys (1981) with a = -0.75,
   * and beyond the edges the outermost row or column is repeated. The row of cls is copied.
   *
   * @param table {@code [1 + from*from, width]}
   * @return {@code [1 + to*to, width]}
   */
  public static float[] resize(float[] table, int width, int from, int to) {
    if (width < 1 || from < 1 || to < 1 || table.length != (1 + (long) from * from) * width) {
      throw new IllegalArgumentException(
          "%d numbers are no table of %d x %d positions of width %d"
              .formatted(table.length, from, from, width));
    }
    float[] resized = new float[Math.toIntExact((1 + (long) to * to) * width)];
    System.arraycopy(table, 0, resized, 0, width);
    double[] sum = new double[width];
    for (int row = 0; row < to; row++) {
      Taps rows = Taps.of(row, from, to);
      for (int column = 0; column < to; column++) {
        Taps columns = Taps.of(column, from, to);
        Arrays.fill(sum, 0);
        for (int u = 0; u < 4; u++) {
          for (int v = 0; v < 4; v++) {
            double weight = rows.weights[u] * columns.weights[v];
            int at = (1 + rows.places[u] * from + columns.places[v]) * width;
            for (int d = 0; d < width; d++) {
              sum[d] += weight * table[at + d];
            }
          }
        }
        int at = (1 + row * to + column) * width;
        for (int d = 0; d < width; d++) {
          resized[at + d] = (float) sum[d];
        }
      }
    }
    return resized;
  }

  /** The four old places that a new one is made of, and their weights. */
  private record Taps(int[] places, double[] weights) {
    private static final double A = -0.75;

    static Taps of(int place, int from, int to) {
      double centre = (place + 0.5) * from / to - 0.5;
      int floor = (int) Math.floor(centre);
      Taps taps = new Taps(new int[4], new double[4]);
      for (int i = 0; i < 4; i++) {
        int neighbour = floor - 1 + i;
        taps.places[i] = Math.max(0, Math.min(from - 1, neighbour));
        taps.weights[i] = cubic(Math.abs(centre - neighbour));
      }
      return taps;
    }

    private static double cubic(double x) {
      return x <= 1
          ? ((A + 2) * x - (A + 3)) * x * x + 1
          : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
    }
  }
}
