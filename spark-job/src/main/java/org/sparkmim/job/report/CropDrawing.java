package org.sparkmim.job.report;

import java.awt.Color;
import java.awt.image.BufferedImage;
import org.sparkmim.model.method.ModelSpec;

/** Draws crops, whole, masked, or under a map of colours. */
final class CropDrawing {

  private static final int HIDDEN = 0xC8CED8;

  /** How much of a map's colour covers the picture below. */
  private static final double COVER = 0.72;

  private final int size;
  private final int patchSize;

  CropDrawing(ModelSpec spec) {
    size = spec.imageSize();
    patchSize = spec.patchSize();
  }

  /** What a pixel shows. */
  private interface Pixel {
    /** RGB of pixel {@code at} (row-major), which lies in that patch. */
    int of(int at, int patch);
  }

  /**
   * A crop as it is.
   *
   * @param planes 8-bit RGB {@code [3, S, S]}
   */
  BufferedImage whole(byte[] planes) {
    return draw((at, patch) -> rgb(planes, at));
  }

  /** The visible patches, the others grey. */
  BufferedImage masked(byte[] planes, boolean[] visible) {
    return draw((at, patch) -> visible[patch] ? rgb(planes, at) : HIDDEN);
  }

  /** Visible patches of one crop, hidden ones of another. */
  BufferedImage joined(byte[] shown, byte[] hidden, boolean[] visible) {
    return draw((at, patch) -> rgb(visible[patch] ? shown : hidden, at));
  }

  /**
   * A value on each visible patch as a colour over the picture, the other patches grey.
   *
   * @param shares one a patch, from 0 to 1
   */
  BufferedImage heat(byte[] planes, double[] shares, boolean[] visible) {
    return draw(
        (at, patch) -> {
          if (!visible[patch]) {
            return HIDDEN;
          }
          int below = luminance(rgb(planes, at));
          Color ground = new Color(below, below, below);
          return HeatColours.mix(ground, HeatColours.at(shares[patch]), COVER).getRGB();
        });
  }

  private BufferedImage draw(Pixel pixel) {
    BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    int grid = size / patchSize;
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        picture.setRGB(x, y, pixel.of(y * size + x, y / patchSize * grid + x / patchSize));
      }
    }
    return picture;
  }

  private int rgb(byte[] planes, int at) {
    int plane = size * size;
    return (planes[at] & 0xFF) << 16
        | (planes[plane + at] & 0xFF) << 8
        | planes[2 * plane + at] & 0xFF;
  }

  private static int luminance(int rgb) {
    return (299 * (rgb >> 16 & 0xFF) + 587 * (rgb >> 8 & 0xFF) + 114 * (rgb & 0xFF)) / 1000;
  }
}
