package org.sparkmim.data.image;

/** A decoded picture, interleaved RGB, 8 bits a channel. */
public interface Raster {
  int width();

  int height();

  /**
   * Copies {@code count} pixels of row {@code y} from column {@code x} on, 3 bytes a pixel, to the
   * start of {@code into}.
   */
  void read(int y, int x, int count, byte[] into);
}
