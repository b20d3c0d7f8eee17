package org.sparkmim.data.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Scalar;

/** Small pictures of every kind, made from a seed. */
public final class TestPictures {
  private TestPictures() {}

  /** Smooth coloured waves that differ from seed to seed. */
  public static BufferedImage waves(long seed, int width, int height) {
    Random random = new Random(seed);
    double[] phase = random.doubles(6, 0, 6).toArray();
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          double wave = Math.sin(phase[c] + x * (0.1 + phase[c + 3] / 30) + y * phase[c] / 20);
          rgb = rgb << 8 | (int) (127.5 + 120 * wave);
        }
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  /** One colour everywhere. */
  public static BufferedImage plain(int rgb, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, rgb);
      }
    }
    return image;
  }

  public static byte[] jpeg(BufferedImage image) {
    return encode(image, "jpg");
  }

  public static byte[] jpeg(long seed, int width, int height) {
    return jpeg(waves(seed, width, height));
  }

  public static byte[] png(BufferedImage image) {
    return encode(image, "png");
  }

  static byte[] progressiveJpeg(BufferedImage image) {
    return write(new IIOImage(image, null, null), true);
  }

  static byte[] greyJpeg(int value, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    WritableRaster raster = image.getRaster();
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        raster.setSample(x, y, 0, value);
      }
    }
    return jpeg(image);
  }

  /** Four components, stored inverted as Adobe's programs do. */
  static byte[] cmykJpeg(int cyan, int magenta, int yellow, int black, int width, int height) {
    WritableRaster raster =
        Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, width, height, 4, null);
    int[] inverted = {255 - cyan, 255 - magenta, 255 - yellow, 255 - black};
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        raster.setPixel(x, y, inverted);
      }
    }
    return write(new IIOImage(raster, null, null), false);
  }

  static byte[] webp(int red, int green, int blue, int width, int height) {
    try (Mat mat = new Mat(height, width, opencv_core.CV_8UC3, new Scalar(blue, green, red, 0));
        BytePointer encoded = new BytePointer()) {
      if (!opencv_imgcodecs.imencode(".webp", mat, encoded)) {
        throw new IllegalStateException("no WebP encoder");
      }
      byte[] bytes = new byte[(int) encoded.limit()];
      encoded.get(bytes);
      return bytes;
    }
  }

  /** Puts an EXIF segment with an orientation behind the start marker. */
  static byte[] withOrientation(byte[] jpeg, int orientation) {
    byte[] exif = {
      (byte) 0xff,
      (byte) 0xe1,
      0,
      34,
      'E',
      'x',
      'i',
      'f',
      0,
      0,
      'M',
      'M',
      0,
      42,
      0,
      0,
      0,
      8,
      0,
      1,
      1,
      0x12,
      0,
      3,
      0,
      0,
      0,
      1,
      0,
      (byte) orientation,
      0,
      0,
      0,
      0,
      0,
      0
    };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(jpeg, 0, 2);
    out.writeBytes(exif);
    out.write(jpeg, 2, jpeg.length - 2);
    return out.toByteArray();
  }

  /** A PNG of a few bytes that claims any size. */
  public static byte[] pngClaiming(int width, int height) {
    byte[] png = png(plain(0x808080, 1, 1));
    java.nio.ByteBuffer.wrap(png).putInt(16, width).putInt(20, height);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(png, 12, 17);
    java.nio.ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    return png;
  }

  public static byte[] text() {
    return "This is no picture.".getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] encode(BufferedImage image, String format) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ImageIO.write(image, format, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] write(IIOImage image, boolean progressive) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      if (progressive) {
        parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
      }
      writer.setOutput(stream);
      writer.write(null, image, parameters);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    return out.toByteArray();
  }
}
