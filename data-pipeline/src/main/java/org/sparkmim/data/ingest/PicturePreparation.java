package org.sparkmim.data.ingest;

import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.sparkmim.data.image.ImageDecoder;
import org.sparkmim.data.image.ImageFault;
import org.sparkmim.data.image.ImageFault.Reason;
import org.sparkmim.data.image.ImageFormat;
import org.sparkmim.data.image.ImageHeader;
import org.sparkmim.data.image.Raster;
import org.sparkmim.data.image.Resampler;

/** Checks a file by decoding it, and shrinks it where that is asked for. One a task. */
final class PicturePreparation implements AutoCloseable {
  private final IngestSettings.Preparation settings;
  private final ImageDecoder decoder;
  private final Resampler resampler = new Resampler();

  PicturePreparation(IngestSettings.Preparation settings) {
    this.settings = settings;
    this.decoder = new ImageDecoder(settings.limits());
  }

  /**
   * @param name the file's name, whose extension must tell the format
   * @throws ImageFault naming why the file cannot be used
   */
  Picture prepare(byte[] bytes, String name) throws ImageFault {
    ImageHeader header = ImageHeader.read(bytes, bytes.length);
    requireExtension(header.format(), name);
    header.require(settings.limits());
    ImageHeader.requireComplete(bytes, bytes.length);
    Raster raster = decoder.decode(bytes, bytes.length);
    int target = settings.resizeShortSide();
    if (target > 0 && Math.min(raster.width(), raster.height()) > target) {
      return shrink(raster, target);
    }
    return new Picture(bytes, header.format().extension(), raster.width(), raster.height());
  }

  private void requireExtension(ImageFormat format, String name) throws ImageFault {
    Optional<ImageFormat> claimed = ImageFormat.ofName(name);
    boolean named = name.lastIndexOf('.') > name.lastIndexOf('/');
    if (!settings.acceptWrongExtension() && named && !claimed.equals(Optional.of(format))) {
      throw new ImageFault(
          Reason.WRONG_EXTENSION, "is a " + format + " file by its content, not by its name");
    }
  }

  private Picture shrink(Raster raster, int shortSide) throws ImageFault {
    int[] size = Resampler.shortSideTo(raster.width(), raster.height(), shortSide);
    int pixels = size[0] * size[1];
    byte[] planes = new byte[3 * pixels];
    resampler.resize(raster, size[0], size[1], planes);
    byte[] blueGreenRed = new byte[3 * pixels];
    for (int i = 0; i < pixels; i++) {
      blueGreenRed[3 * i] = planes[2 * pixels + i];
      blueGreenRed[3 * i + 1] = planes[pixels + i];
      blueGreenRed[3 * i + 2] = planes[i];
    }
    return new Picture(
        encodeJpeg(blueGreenRed, size[0], size[1]), ImageFormat.JPEG.extension(), size[0], size[1]);
  }

  private byte[] encodeJpeg(byte[] blueGreenRed, int width, int height) throws ImageFault {
    try (BytePointer pixels = new BytePointer(blueGreenRed);
        Mat mat = new Mat(height, width, opencv_core.CV_8UC3, pixels);
        BytePointer encoded = new BytePointer();
        IntPointer parameters =
            new IntPointer(opencv_imgcodecs.IMWRITE_JPEG_QUALITY, settings.jpegQuality())) {
      if (!opencv_imgcodecs.imencode(".jpg", mat, encoded, parameters)) {
        throw new ImageFault(Reason.CORRUPT, "cannot be encoded after shrinking");
      }
      byte[] bytes = new byte[(int) encoded.limit()];
      encoded.get(bytes);
      return bytes;
    }
  }

  @Override
  public void close() {
    decoder.close();
  }
}
