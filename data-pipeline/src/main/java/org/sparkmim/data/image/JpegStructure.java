package org.sparkmim.data.image;

import org.sparkmim.data.image.ImageFault.Reason;

/** The marker segments of a JPEG file (ITU T.81, annex B). */
final class JpegStructure {
  private static final int START_OF_SCAN = 0xda;
  private static final int END_OF_IMAGE = 0xd9;

  private JpegStructure() {}

  static ImageHeader header(EncodedBytes in) throws ImageFault {
    long at = 2;
    while (true) {
      at = marker(in, at);
      int code = in.u8(at - 1);
      if (isFrame(code)) {
        return new ImageHeader(ImageFormat.JPEG, in.u16(at + 5), in.u16(at + 3));
      }
      if (code == END_OF_IMAGE || code == START_OF_SCAN) {
        throw new ImageFault(Reason.CORRUPT, "has no frame header");
      }
      at = skip(in, at, code);
    }
  }

  static void requireComplete(EncodedBytes in) throws ImageFault {
    long at = 2;
    boolean scanned = false;
    while (true) {
      at = marker(in, at);
      int code = in.u8(at - 1);
      if (code == END_OF_IMAGE) {
        if (!scanned) {
          throw new ImageFault(Reason.CORRUPT, "has no scan");
        }
        return;
      }
      scanned |= code == START_OF_SCAN;
      at = skip(in, at, code);
    }
  }

  /**
   * Position after the next marker. Entropy-coded data is passed over on the way: there, 0xff is
   * followed by a zero or is a restart marker.
   */
  private static long marker(EncodedBytes in, long from) throws ImageFault {
    byte[] bytes = in.bytes();
    int last = in.length() - 1;
    for (int at = (int) Math.min(from, last); at < last; at++) {
      int code = bytes[at + 1] & 0xff;
      if (bytes[at] == (byte) 0xff && code != 0 && code != 0xff && !isRestart(code)) {
        return at + 2L;
      }
    }
    throw new ImageFault(
        Reason.TRUNCATED, "ends after " + in.length() + " bytes without an end marker");
  }

  private static long skip(EncodedBytes in, long at, int code) throws ImageFault {
    if (code == 0x01 || code == 0xd8) {
      return at;
    }
    int length = in.u16(at);
    if (length < 2) {
      throw new ImageFault(Reason.CORRUPT, "has a segment of length " + length);
    }
    in.u8(at + length - 1);
    return at + length;
  }

  private static boolean isRestart(int code) {
    return code >= 0xd0 && code <= 0xd7;
  }

  private static boolean isFrame(int code) {
    return code >= 0xc0 && code <= 0xcf && code != 0xc4 && code != 0xc8 && code != 0xcc;
  }
}
