package org.sparkmim.data.image;

import org.sparkmim.data.image.ImageFault.Reason;

/**
 * Bounds-checked big- and little-endian reads of an encoded picture; past its end it is truncated.
 */
record EncodedBytes(byte[] bytes, int length) {
  int u8(long at) throws ImageFault {
    if (at < 0 || at >= length) {
      throw new ImageFault(
          Reason.TRUNCATED, "ends after " + length + " bytes, before its data does");
    }
    return bytes[(int) at] & 0xff;
  }

  int u16(long at) throws ImageFault {
    return u8(at) << 8 | u8(at + 1);
  }

  long u32(long at) throws ImageFault {
    return (long) u16(at) << 16 | u16(at + 2);
  }

  int little16(long at) throws ImageFault {
    return u8(at) | u8(at + 1) << 8;
  }

  int little24(long at) throws ImageFault {
    return little16(at) | u8(at + 2) << 16;
  }

  long little32(long at) throws ImageFault {
    return little16(at) | (long) little16(at + 2) << 16;
  }

  boolean startsWith(int at, String latin1) {
    if (at + latin1.length() > length) {
      return false;
    }
    for (int i = 0; i < latin1.length(); i++) {
      if ((bytes[at + i] & 0xff) != latin1.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
