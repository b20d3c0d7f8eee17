package org.sparkmim.data.image;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.sparkmim.data.image.ImageFault.Reason;

/**
 * Decodes JPEG (also grey, CMYK and progressive), PNG and WebP to RGB with OpenCV, upright by their
 * EXIF orientation; transparency is dropped. Keeps its native buffers; one a thread.
 */
public final class ImageDecoder implements AutoCloseable {
  static {
    // Loader threads already work on different pictures side by side.
    opencv_core.setNumThreads(1);
  }

  private final ImageLimits limits;
  private final Mat decoded = new Mat();
  private BytePointer encoded = new BytePointer(1 << 18);

  public ImageDecoder(ImageLimits limits) {
    this.limits = limits;
  }

  /**
   * Decodes the first {@code length} bytes. The size in the header is checked before any pixel is
   * allocated.
   *
   * @return the picture, valid until the next call
   * @throws ImageFault when it is no picture, broken, or beyond the limits
   */
  public Raster decode(byte[] bytes, int length) throws ImageFault {
    if (length > limits.maxFileBytes()) {
      throw new ImageFault(
          Reason.TOO_MANY_BYTES,
          length + " bytes, more than the limit of " + limits.maxFileBytes());
    }
    ImageHeader.read(bytes, length).require(limits);
    if (encoded.capacity() < length) {
      encoded.close();
      encoded = new BytePointer(2L * length);
    }
    encoded.position(0).put(bytes, 0, length);
    try (Mat buffer = new Mat(1, length, opencv_core.CV_8UC1, encoded)) {
      opencv_imgcodecs.imdecode(buffer, opencv_imgcodecs.IMREAD_COLOR_RGB, decoded);
    } catch (RuntimeException e) {
      throw new ImageFault(Reason.CORRUPT, "cannot be decoded: " + firstLine(e.getMessage()));
    }
    if (decoded.empty() || decoded.type() != opencv_core.CV_8UC3) {
      throw new ImageFault(Reason.CORRUPT, "cannot be decoded");
    }
    return new MatRaster(decoded);
  }

  @Override
  public void close() {
    decoded.close();
    encoded.close();
  }

  private static String firstLine(String message) {
    return message == null ? "unknown reason" : message.lines().findFirst().orElse("");
  }

  private static final class MatRaster implements Raster {
    private final BytePointer pixels;
    private final long stride;
    private final int width;
    private final int height;

    MatRaster(Mat mat) {
      this.pixels = mat.data();
      this.stride = mat.step();
      this.width = mat.cols();
      this.height = mat.rows();
    }

    @Override
    public int width() {
      return width;
    }

    @Override
    public int height() {
      return height;
    }

    @Override
    public void read(int y, int x, int count, byte[] into) {
      pixels.position(y * stride + 3L * x).get(into, 0, 3 * count);
    }
  }
}
