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
   * A table for another grid, by {@link Bicubic} interpolation. The row of cls is copied.
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
    Bicubic[] axis = Bicubic.axis(from, to);
    for (int row = 0; row < to; row++) {
      Bicubic rows = axis[row];
      for (int column = 0; column < to; column++) {
        Bicubic columns = axis[column];
        Arrays.fill(sum, 0);
        for (int u = 0; u < Bicubic.TAPS; u++) {
          for (int v = 0; v < Bicubic.TAPS; v++) {
            double weight = rows.weights()[u] * columns.weights()[v];
            int at = (1 + rows.places()[u] * from + columns.places()[v]) * width;
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
}
