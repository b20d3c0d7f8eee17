package org.sparkmim.data.target;

import java.util.List;

/**
 * Histograms of the mean/std-normalised image with a bias of its own for each tap: a bias changes
 * bins and magnitudes, so coarse cells are not sums of fine ones.
 */
final class BiasedHog implements TargetExtractor {
  private final HogPyramid[] taps;
  private final BiasedGradients[] gradients;
  private final float[][] one = new float[1][];

  BiasedHog(int size, int[] cellSizes, int bins, List<GradientBias> biases) {
    this.taps = new HogPyramid[cellSizes.length];
    this.gradients = new BiasedGradients[cellSizes.length];
    for (int k = 0; k < taps.length; k++) {
      HogPyramid tap = new HogPyramid(size, size, new int[] {cellSizes[k]}, bins);
      taps[k] = tap;
      gradients[k] = new BiasedGradients(size, size, tap.band(), bins, biases.get(k));
    }
  }

  @Override
  public void extract(byte[] planes, float[][] out, int sample) {
    for (int k = 0; k < taps.length; k++) {
      one[0] = out[k];
      taps[k].extract(gradients[k].of(planes), one, sample);
    }
  }
}
