package org.sparkmim.data.target;

/**
 * Magnitude and orientation bin of every pixel of some image rows, of one colour channel. Rows lie
 * {@code width + PAD} apart, so that loops run over many rows at a time: what stands in the padding
 * has magnitude 0.
 */
interface Gradients {
  /** Columns between two rows, left and right of an image with a mirrored border. */
  int PAD = 2;

  /**
   * Computes {@code count} rows of channel {@code channel} from row {@code y} on; mirror padding
   * without repeating the edge.
   *
   * @param magnitude receives {@code sqrt(a^2+b^2)} per pixel, [count, width + PAD]
   * @param bin receives the orientation bin per pixel, [count, width + PAD]
   */
  void rows(int channel, int y, int count, double[] magnitude, int[] bin);

  /** Index of the row or column a padded index stands for. */
  static int mirror(int index, int length) {
    if (index < 0) {
      return 1;
    }
    return index < length ? index : length - 2;
  }
}
