package org.sparkmim.model.nn;

/** Fixed two-dimensional sine-cosine positions (MAE, util/pos_embed). */
public final class Positions {
  private Positions() {}

  /**
   * Rows for cls (zeros) and for each token of a square grid, row-major; {@code width / 4}
   * frequencies {@code w_i = 10000^(-4i/width)}. A row is {@code [sin(c w), cos(c w), sin(r w),
   * cos(r w)]}: the column comes first.
   *
   * @return {@code [1 + grid*grid, width]}
   */
  public static float[] table(int grid, int width) {
    int quarter = width / 4;
    float[] table = new float[(1 + grid * grid) * width];
    for (int row = 0; row < grid; row++) {
      for (int column = 0; column < grid; column++) {
        int at = (1 + row * grid + column) * width;
        for (int i = 0; i < quarter; i++) {
          double frequency = 1 / StrictMath.pow(10000, i / (double) quarter);
          table[at + i] = (float) StrictMath.sin(column * frequency);
          table[at + quarter + i] = (float) StrictMath.cos(column * frequency);
          table[at + 2 * quarter + i] = (float) StrictMath.sin(row * frequency);
          table[at + 3 * quarter + i] = (float) StrictMath.cos(row * frequency);
        }
      }
    }
    return table;
  }
}
