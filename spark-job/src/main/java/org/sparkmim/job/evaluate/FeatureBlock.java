package org.sparkmim.job.evaluate;

import java.io.Serializable;

/**
 * Features of some labelled samples.
 *
 * @param dim numbers per sample, D
 * @param values [N, D] row-major
 * @param labels [N]
 * @param ids [N] sample ids, unique within a dataset
 */
public record FeatureBlock(int dim, float[] values, int[] labels, long[] ids)
    implements Serializable {

  /** Checks that the arrays describe the same number of samples. */
  public FeatureBlock {
    if (labels.length != ids.length || values.length != (long) labels.length * dim) {
      throw new IllegalArgumentException(
          "Cannot hold %d values for %d labels and %d ids of width %d"
              .formatted(values.length, labels.length, ids.length, dim));
    }
  }

  /** Number of samples, N. */
  public int size() {
    return labels.length;
  }

  /** The same samples with every row scaled to length 1; a row of zeros stays. */
  FeatureBlock unitRows() {
    float[] scaled = new float[values.length];
    for (int row = 0; row < size(); row++) {
      double squares = 0;
      for (int d = 0; d < dim; d++) {
        double v = values[row * dim + d];
        squares += v * v;
      }
      double scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
      for (int d = 0; d < dim; d++) {
        scaled[row * dim + d] = (float) (values[row * dim + d] * scale);
      }
    }
    return new FeatureBlock(dim, scaled, labels, ids);
  }
}
