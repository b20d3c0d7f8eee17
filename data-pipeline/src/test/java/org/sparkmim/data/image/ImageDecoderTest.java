package org.sparkmim.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sparkmim.data.image.ImageFault.Reason;

class ImageDecoderTest {
  private final ImageDecoder decoder = new ImageDecoder(new ImageLimits(1 << 20, 1_000_000));

  @AfterEach
  void close() {
    decoder.close();
  }

  @Test
  void decodesEveryKindToRgb() throws ImageFault {
    BufferedImage orange = TestPictures.plain(0xe08020, 40, 24);
    assertColour(TestPictures.jpeg(orange), 0xe0, 0x80, 0x20);
    assertColour(TestPictures.progressiveJpeg(orange), 0xe0, 0x80, 0x20);
    assertColour(TestPictures.png(orange), 0xe0, 0x80, 0x20);
    assertColour(TestPictures.webp(0xe0, 0x80, 0x20, 40, 24), 0xe0, 0x80, 0x20);
    assertColour(TestPictures.greyJpeg(0x60, 40, 24), 0x60, 0x60, 0x60);
    assertColour(TestPictures.cmykJpeg(0, 255, 255, 0, 40, 24), 255, 0, 0);
    assertColour(TestPictures.cmykJpeg(255, 0, 0, 128, 40, 24), 0, 127, 127);
  }

  @Test
  void dropsTransparencyAndReadsGreyPng() throws ImageFault {
    BufferedImage translucent = new BufferedImage(40, 24, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < 40 * 24; i++) {
      translucent.setRGB(i % 40, i / 40, 0x40e08020);
    }
    assertColour(TestPictures.png(translucent), 0xe0, 0x80, 0x20);
    BufferedImage grey = new BufferedImage(40, 24, BufferedImage.TYPE_USHORT_GRAY);
    for (int i = 0; i < 40 * 24; i++) {
      grey.getRaster().setSample(i % 40, i / 40, 0, 0x6060);
    }
    assertColour(TestPictures.png(grey), 0x60, 0x60, 0x60);
  }

  @Test
  void turnsPicturesUprightByTheirExifOrientation() throws ImageFault {
    BufferedImage halves = TestPictures.plain(0x000000, 40, 24);
    halves.getGraphics().fillRect(0, 0, 20, 24);
    byte[] rotated = TestPictures.withOrientation(TestPictures.jpeg(halves), 6);
    Raster upright = decoder.decode(rotated, rotated.length);
    assertThat(upright.width()).isEqualTo(24);
    assertThat(upright.height()).isEqualTo(40);
    assertThat(pixel(upright, 12, 5)[0]).as("white left half is on top now").isGreaterThan(200);
    assertThat(pixel(upright, 12, 35)[0]).isLessThan(50);
  }

  @Test
  void readsTheSameSizeFromTheHeaderAsFromThePixels() throws ImageFault {
    for (byte[] bytes :
        new byte[][] {
          TestPictures.jpeg(1, 33, 21),
          TestPictures.png(TestPictures.waves(1, 33, 21)),
          TestPictures.webp(1, 2, 3, 33, 21)
        }) {
      ImageHeader header = ImageHeader.read(bytes, bytes.length);
      assertThat(header.width()).isEqualTo(33);
      assertThat(header.height()).isEqualTo(21);
      ImageHeader.requireComplete(bytes, bytes.length);
    }
  }

  @Test
  void refusesGiganticPicturesBeforeDecodingThem() {
    byte[] bomb = TestPictures.pngClaiming(100_000, 100_000);
    assertFault(() -> decoder.decode(bomb, bomb.length), Reason.TOO_MANY_PIXELS, "100000x100000");
    byte[] huge = TestPictures.pngClaiming(Integer.MAX_VALUE, Integer.MAX_VALUE);
    assertFault(() -> decoder.decode(huge, huge.length), Reason.TOO_MANY_PIXELS, "2147483647x");
    byte[] many = Arrays.copyOf(TestPictures.jpeg(1, 8, 8), (1 << 20) + 1);
    assertFault(() -> decoder.decode(many, many.length), Reason.TOO_MANY_BYTES, "1048577 bytes");
  }

  @Test
  void refusesWhatIsNoPicture() {
    assertFault(() -> decoder.decode(new byte[0], 0), Reason.EMPTY, "no bytes");
    byte[] text = TestPictures.text();
    assertFault(() -> decoder.decode(text, text.length), Reason.NOT_AN_IMAGE, "does not start");
    byte[] gif = "GIF89a.............".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertFault(() -> decoder.decode(gif, gif.length), Reason.UNSUPPORTED_FORMAT, "neither");
    byte[] zero = TestPictures.pngClaiming(0, 5);
    assertFault(() -> decoder.decode(zero, zero.length), Reason.CORRUPT, "0x5");
  }

  @Test
  void noticesEveryTruncation() throws ImageFault {
    byte[][] pictures = {
      TestPictures.jpeg(1, 40, 30),
      TestPictures.progressiveJpeg(TestPictures.waves(2, 40, 30)),
      TestPictures.png(TestPictures.waves(3, 40, 30)),
      TestPictures.webp(9, 8, 7, 40, 30),
      TestPictures.withOrientation(TestPictures.jpeg(4, 40, 30), 3)
    };
    for (byte[] picture : pictures) {
      ImageHeader.requireComplete(picture, picture.length);
      for (int length = 16; length < picture.length - 1; length++) {
        int shorter = length;
        assertThatThrownBy(() -> ImageHeader.requireComplete(picture, shorter))
            .as("%d of %d bytes", length, picture.length)
            .isInstanceOf(ImageFault.class);
      }
    }
  }

  @Test
  void neitherCrashesNorAllocatesOnDamagedBytes() throws ImageFault {
    byte[] jpeg = TestPictures.jpeg(5, 40, 30);
    java.util.Random random = new java.util.Random(11);
    int decoded = 0;
    for (int i = 0; i < 300; i++) {
      byte[] damaged = jpeg.clone();
      for (int hit = 0; hit < 4; hit++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        ImageHeader.requireComplete(damaged, damaged.length);
        decoded += decoder.decode(damaged, damaged.length).width() > 0 ? 1 : 0;
      } catch (ImageFault e) {
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(decoded).isBetween(1, 299);
  }

  private void assertColour(byte[] encoded, int red, int green, int blue) throws ImageFault {
    Raster raster = decoder.decode(encoded, encoded.length);
    assertThat(raster.width()).isEqualTo(40);
    assertThat(raster.height()).isEqualTo(24);
    int[] pixel = pixel(raster, 39, 23);
    assertThat(pixel[0]).as("red").isCloseTo(red, within(4));
    assertThat(pixel[1]).as("green").isCloseTo(green, within(4));
    assertThat(pixel[2]).as("blue").isCloseTo(blue, within(4));
  }

  private static int[] pixel(Raster raster, int x, int y) {
    byte[] rgb = new byte[3];
    raster.read(y, x, 1, rgb);
    return new int[] {rgb[0] & 0xff, rgb[1] & 0xff, rgb[2] & 0xff};
  }

  private interface Decoding {
    void run() throws ImageFault;
  }

  private static void assertFault(Decoding decoding, Reason reason, String message) {
    assertThatThrownBy(decoding::run)
        .isInstanceOfSatisfying(
            ImageFault.class, fault -> assertThat(fault.reason()).isEqualTo(reason))
        .hasMessageContaining(message);
  }
}
