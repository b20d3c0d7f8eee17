package org.sparkmim.data.target;

import java.util.List;
import org.sparkmim.data.image.Normalisation;

/**
 * Histograms of the mean/std-normalised image with a bias of its own for each tap: a bias changes
 * bins and magnitudes, so coarse cells are not sums of fine ones.
 */
final class BiasedHog implements TargetExtractor {
  private final HogPyramid[] taps;
  private final List<GradientBias> biases;
  private final float[] picture;
  private final float[][] one = new float[1][];

  BiasedHog(int size, int[] cellSizes, int bins, List<GradientBias> biases) {
    this.biases = biases;
    this.taps = new HogPyramid[cellSizes.length];
    for (int k = 0; k < taps.length; k++) {
      taps[k] = new HogPyramid(size, size, new int[] {cellSizes[k]}, bins);
    }
    this.picture = new float[3 * size * size];
  }

  @Override
  public void extract(byte[] planes, float[][] out, int sample) {
    Normalisation.of(planes, picture);
    for (int k = 0; k < taps.length; k++) {
      one[0] = out[k];
      taps[k].extract(picture, biases.get(k).a(), biases.get(k).b(), one, sample);
    }
  }
}
