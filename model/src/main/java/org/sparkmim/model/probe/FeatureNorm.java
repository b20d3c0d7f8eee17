package org.sparkmim.model.probe;

import java.util.Arrays;

/**
 * Batch norm over features without scale and shift (methods 1.9), in double: in training each
 * feature is brought to mean 0 and variance 1 over the batch, with the biased variance; the running
 * statistics, which evaluation uses, take the unbiased one.
 */
public final class FeatureNorm {
  /** MAE's epsilon, smaller than the framework's default. */
  public static final double EPS = 1e-6;

  /** Share of a batch in the running statistics. */
  public static final double MOMENTUM = 0.1;

  private final int width;
  private final double[] mean;
  private final double[] variance;

  /** Running mean 0 and variance 1. */
  public FeatureNorm(int width) {
    this.width = width;
    mean = new double[width];
    variance = new double[width];
    Arrays.fill(variance, 1);
  }

  /** The running mean; to be changed only to restore it. */
  public double[] mean() {
    return mean;
  }

  /** The running variance; to be changed only to restore it. */
  public double[] variance() {
    return variance;
  }

  /**
   * Normalises a batch by its own statistics and takes them into the running ones.
   *
   * @param features {@code [B, D]}, at least two rows
   * @param normalised receives {@code [B, D]}
   */
  public void train(float[] features, int batch, double[] normalised) {
    if (batch < 2) {
      throw new IllegalArgumentException("a batch of " + batch + " has no unbiased variance");
    }
    for (int d = 0; d < width; d++) {
      double sum = 0;
      for (int b = 0; b < batch; b++) {
        sum += features[b * width + d];
      }
      double centre = sum / batch;
      double squares = 0;
      for (int b = 0; b < batch; b++) {
        double distance = features[b * width + d] - centre;
        squares += distance * distance;
      }
      double scale = 1 / Math.sqrt(squares / batch + EPS);
      for (int b = 0; b < batch; b++) {
        normalised[b * width + d] = (features[b * width + d] - centre) * scale;
      }
      mean[d] += MOMENTUM * (centre - mean[d]);
      variance[d] += MOMENTUM * (squares / (batch - 1) - variance[d]);
    }
  }

  /** Normalises one sample by the running statistics. */
  public void evaluate(float[] features, int sample, double[] normalised) {
    for (int d = 0; d < width; d++) {
      double centred = features[sample * width + d] - mean[d];
      normalised[d] = centred / Math.sqrt(variance[d] + EPS);
    }
  }
}
