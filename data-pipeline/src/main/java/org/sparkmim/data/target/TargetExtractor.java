package org.sparkmim.data.target;

/**
 * Computes what is to be predicted of one image after another. Keeps its buffers, so that an image
 * allocates nothing; one a loader thread.
 */
@FunctionalInterface
public interface TargetExtractor {
  /**
   * Targets of an 8-bit image at every tap.
   *
   * @param planes [3, size, size], unsigned
   * @param out per tap an array that receives the image's [cells, dim] from {@code
   *     sample*cells*dim} on
   */
  void extract(byte[] planes, float[][] out, int sample);
}
