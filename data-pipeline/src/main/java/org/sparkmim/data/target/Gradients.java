package org.sparkmim.data.target;

/** Magnitude and orientation bin of every pixel of one image row, of one colour channel. */
interface Gradients {
  /**
   * Computes row {@code y} of channel {@code channel}; mirror padding without repeating the edge.
   *
   * @param magnitude receives {@code sqrt(a^2+b^2)} per pixel
   * @param bin receives the orientation bin per pixel
   */
  void row(int channel, int y, double[] magnitude, int[] bin);

  /** Index of the row or column a padded index stands for. */
  static int mirror(int index, int length) {
    if (index < 0) {
      return 1;
    }
    return index < length ? index : length - 2;
  }
}
