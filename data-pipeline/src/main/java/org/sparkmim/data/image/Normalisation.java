package org.sparkmim.data.image;

/**
 * 8-bit values to mean/std-normalised floats with the ImageNet statistics, in float32 as published.
 */
public final class Normalisation {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};
  private static final float[][] TABLE = table();

  private Normalisation() {}

  /** The 256 normalised values of a channel (0 red, 1 green, 2 blue); not to be changed. */
  public static float[] of(int channel) {
    return TABLE[channel];
  }

  /**
   * Normalises a whole image.
   *
   * @param planes [3, height, width], unsigned
   * @param out receives as many numbers in the same order
   */
  public static void of(byte[] planes, float[] out) {
    int plane = planes.length / 3;
    for (int channel = 0; channel < 3; channel++) {
      float[] normalised = TABLE[channel];
      for (int i = channel * plane; i < (channel + 1) * plane; i++) {
        out[i] = normalised[planes[i] & 0xff];
      }
    }
  }

  /** The 8-bit value nearest to a normalised one; undoes {@link #of(int)}. */
  public static byte toByte(int channel, float normalised) {
    long value = Math.round(255.0 * (normalised * STD[channel] + MEAN[channel]));
    return (byte) Math.max(0, Math.min(255, value));
  }

  /** Mean of a channel on the scale 0..1. */
  public static float mean(int channel) {
    return MEAN[channel];
  }

  /** Standard deviation of a channel on the scale 0..1. */
  public static float std(int channel) {
    return STD[channel];
  }

  private static float[][] table() {
    float[][] table = new float[3][256];
    for (int c = 0; c < 3; c++) {
      for (int value = 0; value < 256; value++) {
        table[c][value] = (value / 255f - MEAN[c]) / STD[c];
      }
    }
    return table;
  }
}
