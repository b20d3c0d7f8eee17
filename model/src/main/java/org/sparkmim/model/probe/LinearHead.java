package org.sparkmim.model.probe;

import java.util.Arrays;
import org.sparkmim.model.optim.Lars;

/**
 * The published linear probe on frozen features (methods 1.9): {@link FeatureNorm}, a linear layer,
 * cross-entropy, {@link Lars}. In double. A step is {@link #forward}, {@link #backward}, {@link
 * #update}.
 */
public final class LinearHead {
  private final int width;
  private final int classes;
  private final Lars lars;
  private final FeatureNorm norm;
  private final double[] weight;
  private final double[] bias;
  private final double[] weightGradient;
  private final double[] biasGradient;
  private final double[] weightVelocity;
  private final double[] biasVelocity;
  private final double[] single;
  private double[] normalised = new double[0];
  private double[] logits = new double[0];
  private int batch;

  /** Weights and bias are zero. */
  public LinearHead(int width, int classes, Lars lars) {
    this.width = width;
    this.classes = classes;
    this.lars = lars;
    norm = new FeatureNorm(width);
    weight = new double[classes * width];
    bias = new double[classes];
    weightGradient = new double[weight.length];
    biasGradient = new double[classes];
    weightVelocity = new double[weight.length];
    biasVelocity = new double[classes];
    single = new double[width];
  }

  public FeatureNorm norm() {
    return norm;
  }

  /** {@code [classes, D]}; may be written between steps. */
  public double[] weight() {
    return weight;
  }

  /** {@code [classes]}; may be written between steps. */
  public double[] bias() {
    return bias;
  }

  /** Gradient of {@link #weight()} after {@link #backward}, until {@link #update}. */
  public double[] weightGradient() {
    return weightGradient;
  }

  /** Gradient of {@link #bias()} after {@link #backward}. */
  public double[] biasGradient() {
    return biasGradient;
  }

  /** Logits {@code [B, classes]} of the last {@link #forward}. */
  public double[] logits() {
    return logits;
  }

  /**
   * Runs forward in training mode, which moves the running statistics.
   *
   * @param features {@code [B, D]}, at least two rows
   * @param labels {@code [B]}
   * @return mean cross-entropy
   */
  public double forward(float[] features, int[] labels) {
    resize(labels.length);
    norm.train(features, batch, normalised);
    double loss = 0;
    for (int b = 0; b < batch; b++) {
      score(normalised, b, logits, b);
      loss += logSumOfExponentials(b) - logits[b * classes + labels[b]];
    }
    return loss / batch;
  }

  /** Gradients of the loss of the last {@link #forward} with the same labels. */
  public void backward(int[] labels) {
    Arrays.fill(weightGradient, 0);
    Arrays.fill(biasGradient, 0);
    for (int b = 0; b < batch; b++) {
      double normaliser = logSumOfExponentials(b);
      for (int c = 0; c < classes; c++) {
        double p = Math.exp(logits[b * classes + c] - normaliser);
        double slope = (p - (c == labels[b] ? 1 : 0)) / batch;
        biasGradient[c] += slope;
        for (int d = 0; d < width; d++) {
          weightGradient[c * width + d] += slope * normalised[b * width + d];
        }
      }
    }
  }

  /** Changes weight and bias by the gradients. */
  public void update(double rate) {
    lars.updateMatrix(weight, weightGradient, weightVelocity, rate);
    lars.updateVector(bias, biasGradient, biasVelocity, rate);
  }

  /**
   * Logits in evaluation mode.
   *
   * @param features {@code [N, D]}
   * @param sample row to look at
   * @param scores receives {@code [classes]}
   */
  public void evaluate(float[] features, int sample, double[] scores) {
    norm.evaluate(features, sample, single);
    score(single, 0, scores, 0);
  }

  private void score(double[] inputs, int row, double[] scores, int to) {
    for (int c = 0; c < classes; c++) {
      double sum = bias[c];
      for (int d = 0; d < width; d++) {
        sum += weight[c * width + d] * inputs[row * width + d];
      }
      scores[to * classes + c] = sum;
    }
  }

  private double logSumOfExponentials(int row) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, logits[row * classes + c]);
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(logits[row * classes + c] - largest);
    }
    return largest + Math.log(sum);
  }

  private void resize(int count) {
    if (count != batch) {
      batch = count;
      normalised = new double[count * width];
      logits = new double[count * classes];
    }
  }
}
