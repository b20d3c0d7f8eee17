package org.sparkmim.data.image;

import java.util.zip.CRC32;
import org.sparkmim.data.image.ImageFault.Reason;

/** The chunks of a PNG file. */
final class PngStructure {
  private static final int SIGNATURE_BYTES = 8;

  private PngStructure() {}

  static ImageHeader header(EncodedBytes in) throws ImageFault {
    if (!in.startsWith(SIGNATURE_BYTES + 4, "IHDR")) {
      in.u32(SIGNATURE_BYTES + 12);
      throw new ImageFault(Reason.CORRUPT, "does not begin with a header chunk");
    }
    return new ImageHeader(
        ImageFormat.PNG, in.u32(SIGNATURE_BYTES + 8), in.u32(SIGNATURE_BYTES + 12));
  }

  static void requireComplete(EncodedBytes in) throws ImageFault {
    long at = SIGNATURE_BYTES;
    while (true) {
      long length = in.u32(at);
      in.u8(at + length + 11);
      CRC32 crc = new CRC32();
      crc.update(in.bytes(), (int) at + 4, (int) length + 4);
      if (crc.getValue() != in.u32(at + 8 + length)) {
        throw new ImageFault(Reason.CORRUPT, "has a wrong checksum in the chunk at byte " + at);
      }
      if (in.startsWith((int) at + 4, "IEND")) {
        return;
      }
      at += 12 + length;
    }
  }
}
