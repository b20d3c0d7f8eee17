package org.sparkmim.data.image;

import java.util.List;
import org.sparkmim.data.image.ImageFault.Reason;

/**
 * Format and size a picture claims in its header, read without decoding it.
 *
 * @param width stored columns, before any EXIF rotation
 * @param height stored rows, before any EXIF rotation
 */
public record ImageHeader(ImageFormat format, long width, long height) {
  private static final String PNG_SIGNATURE = "\u0089PNG\r\n\u001a\n";
  private static final List<String> OTHER_PICTURES =
      List.of("GIF8", "BM", "II*\0", "MM\0*", "8BPS", "\u00ff\n", "\0\0\0\fJXL ", "\0\0\1\0");

  /**
   * Reads the header of the first {@code length} bytes.
   *
   * @throws ImageFault empty, not an image, unsupported, truncated or without a usable size
   */
  public static ImageHeader read(byte[] bytes, int length) throws ImageFault {
    EncodedBytes in = new EncodedBytes(bytes, length);
    ImageHeader header =
        switch (formatOf(in)) {
          case JPEG -> JpegStructure.header(in);
          case PNG -> PngStructure.header(in);
          case WEBP -> WebpStructure.header(in);
        };
    if (header.width <= 0 || header.height <= 0) {
      throw new ImageFault(
          Reason.CORRUPT, "claims " + header.width + "x" + header.height + " pixels");
    }
    return header;
  }

  /**
   * Walks the whole file to see that it has an end.
   *
   * @throws ImageFault truncated, or with a wrong checksum (PNG)
   */
  public static void requireComplete(byte[] bytes, int length) throws ImageFault {
    EncodedBytes in = new EncodedBytes(bytes, length);
    switch (formatOf(in)) {
      case JPEG -> JpegStructure.requireComplete(in);
      case PNG -> PngStructure.requireComplete(in);
      case WEBP -> WebpStructure.requireComplete(in);
    }
  }

  /**
   * @throws ImageFault when the header claims more pixels than the limit
   */
  public void require(ImageLimits limits) throws ImageFault {
    if (width * height > limits.maxPixels()) {
      throw new ImageFault(
          Reason.TOO_MANY_PIXELS,
          width + "x" + height + " pixels, more than the limit of " + limits.maxPixels());
    }
  }

  private static ImageFormat formatOf(EncodedBytes in) throws ImageFault {
    if (in.length() == 0) {
      throw new ImageFault(Reason.EMPTY, "has no bytes");
    }
    if (in.startsWith(0, "\u00ff\u00d8\u00ff")) {
      return ImageFormat.JPEG;
    }
    if (in.startsWith(0, PNG_SIGNATURE)) {
      return ImageFormat.PNG;
    }
    if (in.startsWith(0, "RIFF") && in.startsWith(8, "WEBP")) {
      return ImageFormat.WEBP;
    }
    boolean picture = OTHER_PICTURES.stream().anyMatch(s -> in.startsWith(0, s));
    if (picture || in.startsWith(4, "ftyp")) {
      throw new ImageFault(Reason.UNSUPPORTED_FORMAT, "is neither JPEG, PNG nor WebP");
    }
    throw new ImageFault(Reason.NOT_AN_IMAGE, "does not start like a picture");
  }
}
