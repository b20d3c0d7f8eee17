package org.sparkmim.model.nn;

/** Fixed two-dimensional sine-cosine positions (MAE, util/pos_embed). */
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
}
