package org.sparkmim.data.image;

/** Cuts patches out of 8-bit planes and normalises them. */
public final class Patches {
  private Patches() {}

  /**
   * Writes one patch, flattened (channel, row, column).
   *
   * @param planes RGB planes [3, size, size]
   * @param token row-major index of the patch
   * @param out receives 3*patch*patch numbers from {@code at} on
   */
  public static void write(byte[] planes, int size, int patch, int token, float[] out, int at) {
    int grid = size / patch;
    int corner = token / grid * patch * size + token % grid * patch;
    int goal = at;
    for (int channel = 0; channel < 3; channel++) {
      float[] normalised = Normalisation.of(channel);
      int source = channel * size * size + corner;
      for (int y = 0; y < patch; y++, source += size) {
        for (int x = 0; x < patch; x++) {
          out[goal++] = normalised[planes[source + x] & 0xff];
        }
      }
    }
  }
}
