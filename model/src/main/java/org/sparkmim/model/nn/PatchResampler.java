package org.sparkmim.model.nn;

/**
 * Brings an image that is cut into patches to another size, cut into as many patches of another
 * size: for a teacher whose patches are not the student's (MaskAlign with CLIP's ViT-L/14, methods
 * 4.2). {@link Bicubic} along both axes. Allocates nothing after construction.
 */
public final class PatchResampler {
  private static final int CHANNELS = 3;

  private final int grid;
  private final int oldPatch;
  private final int newPatch;
  private final Bicubic[] taps;
  private final float[] plane;
  private final float[] narrowed;

  /**
   * @param grid patches a side
   * @param oldPatch side of a patch that comes in, pixels
   * @param newPatch side of a patch that goes out, pixels
   */
  public PatchResampler(int grid, int oldPatch, int newPatch) {
    this.grid = grid;
    this.oldPatch = oldPatch;
    this.newPatch = newPatch;
    int oldSide = grid * oldPatch;
    int newSide = grid * newPatch;
    taps = Bicubic.axis(oldSide, newSide);
    plane = new float[oldSide * oldSide];
    narrowed = new float[oldSide * newSide];
  }

  /**
   * Resamples images.
   *
   * @param patches {@code [B, grid*grid, 3*P*P]} of old patches, each as (channel, row, column)
   * @param resampled receives the same of new patches
   */
  public void resample(float[] patches, int images, float[] resampled) {
    int tokens = grid * grid;
    for (int image = 0; image < images; image++) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        gather(patches, image * tokens, channel);
        narrow();
        scatter(resampled, image * tokens, channel);
      }
    }
  }

  /** A channel as a plane, row by row. */
  private void gather(float[] patches, int first, int channel) {
    int side = grid * oldPatch;
    for (int row = 0; row < side; row++) {
      for (int column = 0; column < grid; column++) {
        int token = first + row / oldPatch * grid + column;
        int from = ((token * CHANNELS + channel) * oldPatch + row % oldPatch) * oldPatch;
        System.arraycopy(patches, from, plane, row * side + column * oldPatch, oldPatch);
      }
    }
  }

  /** Along rows. */
  private void narrow() {
    int oldSide = grid * oldPatch;
    int newSide = grid * newPatch;
    for (int row = 0; row < oldSide; row++) {
      for (int column = 0; column < newSide; column++) {
        Bicubic tap = taps[column];
        double sum = 0;
        for (int i = 0; i < Bicubic.TAPS; i++) {
          sum += tap.weights()[i] * plane[row * oldSide + tap.places()[i]];
        }
        narrowed[row * newSide + column] = (float) sum;
      }
    }
  }

  /** Along columns, straight into the new patches. */
  private void scatter(float[] resampled, int first, int channel) {
    int newSide = grid * newPatch;
    for (int row = 0; row < newSide; row++) {
      Bicubic tap = taps[row];
      for (int column = 0; column < newSide; column++) {
        double sum = 0;
        for (int i = 0; i < Bicubic.TAPS; i++) {
          sum += tap.weights()[i] * narrowed[tap.places()[i] * newSide + column];
        }
        int token = first + row / newPatch * grid + column / newPatch;
        int line = (token * CHANNELS + channel) * newPatch + row % newPatch;
        resampled[line * newPatch + column % newPatch] = (float) sum;
      }
    }
  }
}
