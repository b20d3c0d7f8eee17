package org.sparkmim.job.report;

import java.awt.image.BufferedImage;

/**
 * A picture with its caption.
 *
 * @param alt what it shows, for those who do not see it
 */
record Tile(String caption, String alt, BufferedImage picture) {

  /** A picture whose caption says it all. */
  Tile(String caption, BufferedImage picture) {
    this(caption, caption, picture);
  }
}
