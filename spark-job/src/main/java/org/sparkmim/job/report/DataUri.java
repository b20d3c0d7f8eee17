package org.sparkmim.job.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures inside the page itself. */
final class DataUri {

  private DataUri() {}

  static String png(BufferedImage picture) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (var sink = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(picture, "png", sink)) {
        throw new IOException("This Java cannot write PNG");
      }
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
