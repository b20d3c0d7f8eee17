package org.sparkmim.data.target;

import org.sparkmim.data.order.SampleRandom;

/**
 * A constant added to every gradient of the mean/std-normalised image, the {@code hog_bias} of
 * LocalMIM (methods 2.5): flat cells then have one fixed direction.
 *
 * @param a added to the horizontal component
 * @param b added to the vertical component
 */
public record GradientBias(float a, float b) {
  private static final double BOUND = 1.0 / 3;

  /** Uniform in (-1/3, 1/3), as a convolution of nine weights is initialised. */
  static GradientBias draw(SampleRandom random) {
    float a = (float) random.uniform(-BOUND, BOUND);
    return new GradientBias(a, (float) random.uniform(-BOUND, BOUND));
  }
}
