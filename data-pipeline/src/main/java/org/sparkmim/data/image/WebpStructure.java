package org.sparkmim.data.image;

import org.sparkmim.data.image.ImageFault.Reason;

/** The RIFF container of a WebP file. */
final class WebpStructure {
  private static final int FIRST_CHUNK = 12;
  private static final int DATA = FIRST_CHUNK + 8;

  private WebpStructure() {}

  static ImageHeader header(EncodedBytes in) throws ImageFault {
    if (in.startsWith(FIRST_CHUNK, "VP8 ")) {
      return size(in.little16(DATA + 6) & 0x3fff, in.little16(DATA + 8) & 0x3fff);
    }
    if (in.startsWith(FIRST_CHUNK, "VP8L")) {
      long bits = in.little32(DATA + 1);
      return size((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
    }
    if (in.startsWith(FIRST_CHUNK, "VP8X")) {
      return size(in.little24(DATA + 4) + 1L, in.little24(DATA + 7) + 1L);
    }
    in.u8(DATA);
    throw new ImageFault(Reason.CORRUPT, "has no picture chunk");
  }

  static void requireComplete(EncodedBytes in) throws ImageFault {
    in.u8(in.little32(4) + 7);
  }

  private static ImageHeader size(long width, long height) {
    return new ImageHeader(ImageFormat.WEBP, width, height);
  }
}
