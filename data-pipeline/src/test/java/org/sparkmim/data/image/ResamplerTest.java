package org.sparkmim.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.data.order.SampleRandom;

class ResamplerTest {
  private final Resampler resampler = new Resampler();

  /** A picture held as an array. */
  private record Pixels(int width, int height, byte[] rgb) implements Raster {
    @Override
    public void read(int y, int x, int count, byte[] into) {
      System.arraycopy(rgb, 3 * (y * width + x), into, 0, 3 * count);
    }

    int at(int x, int y, int channel) {
      return rgb[3 * (y * width + x) + channel] & 0xff;
    }
  }

  private static Pixels noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(width * 31L + height).nextBytes(rgb);
    return new Pixels(width, height, rgb);
  }

  @Test
  void copiesABoxOfTheSameSize() {
    Pixels picture = noise(20, 15);
    byte[] planes = new byte[3 * 64];
    resampler.crop(picture, new CropBox(7, 3, 8, 8), 8, false, planes);
    byte[] mirrored = new byte[3 * 64];
    resampler.crop(picture, new CropBox(7, 3, 8, 8), 8, true, mirrored);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < 8; y++) {
        for (int x = 0; x < 8; x++) {
          int wanted = picture.at(7 + x, 3 + y, c);
          assertThat(planes[(c * 8 + y) * 8 + x] & 0xff).isEqualTo(wanted);
          assertThat(mirrored[(c * 8 + y) * 8 + 7 - x] & 0xff).isEqualTo(wanted);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"50,37,16", "13,90,32", "9,5,24", "1,1,8", "2,300,10", "70,351,48"})
  void followsTheAntialiasedCubicFilter(int width, int height, int size) {
    Pixels picture = noise(width, height);
    byte[] planes = new byte[3 * size * size];
    resampler.crop(picture, new CropBox(0, 0, width, height), size, false, planes);
    for (int c = 0; c < 3; c++) {
      double[][] rows = new double[height][];
      for (int y = 0; y < height; y++) {
        double[] row = new double[width];
        for (int x = 0; x < width; x++) {
          row[x] = picture.at(x, y, c);
        }
        rows[y] = resize(row, size);
      }
      for (int x = 0; x < size; x++) {
        double[] column = new double[height];
        for (int y = 0; y < height; y++) {
          column[y] = rows[y][x];
        }
        double[] wanted = resize(column, size);
        for (int y = 0; y < size; y++) {
          double clipped = Math.max(0, Math.min(255, wanted[y]));
          assertThat((double) (planes[(c * size + y) * size + x] & 0xff))
              .isCloseTo(clipped, within(1.6));
        }
      }
    }
  }

  @Test
  void theSizesItServedBeforeDoNotMatter() {
    Pixels small = noise(30, 21);
    byte[] fresh = new byte[3 * 16 * 16];
    new Resampler().crop(small, new CropBox(2, 1, 25, 19), 16, true, fresh);
    byte[] reused = new byte[3 * 16 * 16];
    // Buffers grow in one direction, then in the other.
    for (int[] side : new int[][] {{30, 10, 24}, {20, 90, 4}, {30, 60, 20}, {200, 9, 3}}) {
      CropBox whole = new CropBox(0, 0, side[0], side[1]);
      byte[] planes = new byte[3 * side[2] * side[2]];
      resampler.crop(noise(side[0], side[1]), whole, side[2], false, planes);
    }
    resampler.resize(noise(260, 350), 130, 260, new byte[3 * 130 * 260]);
    resampler.crop(noise(20, 300), new CropBox(0, 0, 20, 300), 40, false, new byte[3 * 40 * 40]);
    resampler.crop(small, new CropBox(2, 1, 25, 19), 16, true, reused);
    assertThat(reused).isEqualTo(fresh);
  }

  /** The definition in double, clipped and rounded as the first pass is. */
  private static double[] resize(double[] in, int size) {
    double scale = (double) in.length / size;
    double stretch = Math.max(1, scale);
    double[] out = new double[size];
    for (int i = 0; i < size; i++) {
      double centre = (i + 0.5) * scale;
      double sum = 0;
      double weights = 0;
      for (int x = 0; x < in.length; x++) {
        double d = Math.abs((x + 0.5 - centre) / stretch);
        double w =
            d < 1
                ? 1.5 * d * d * d - 2.5 * d * d + 1
                : d < 2 ? -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2 : 0;
        sum += w * in[x];
        weights += w;
      }
      out[i] = Math.max(0, Math.min(255, sum / weights));
    }
    return out;
  }

  @Test
  void averagesFineCheckersInsteadOfAliasing() {
    byte[] rgb = new byte[3 * 128 * 128];
    for (int i = 0; i < 128 * 128; i++) {
      byte value = (byte) ((i % 128 + i / 128) % 2 * 255);
      rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = value;
    }
    byte[] planes = new byte[3 * 16 * 16];
    resampler.crop(new Pixels(128, 128, rgb), new CropBox(0, 0, 128, 128), 16, false, planes);
    for (byte value : planes) {
      assertThat(value & 0xff).isBetween(120, 135);
    }
  }

  @Test
  void cutsTheCentreOfTheResizedPicture() {
    Pixels picture = noise(40, 30);
    byte[] whole = new byte[3 * 20 * 15];
    resampler.resize(picture, 20, 15, whole);
    byte[] centre = new byte[3 * 12 * 12];
    resampler.centre(picture, 15, 12, centre);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < 12; y++) {
        for (int x = 0; x < 12; x++) {
          // (20-12)/2 = 4 and (15-12)/2 = 1.5, rounded to the even 2.
          assertThat(centre[(c * 12 + y) * 12 + x]).isEqualTo(whole[(c * 15 + y + 2) * 20 + x + 4]);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"40,30,16", "30,41,16", "16,16,16", "7,11,12"})
  void takesASimpleCropOutOfTheResizedAndPaddedPicture(int width, int height, int size) {
    Pixels picture = noise(width, height);
    int[] resized = Resampler.shortSideTo(width, height, size);
    byte[] whole = new byte[3 * resized[0] * resized[1]];
    resampler.resize(picture, resized[0], resized[1], whole);
    boolean[] seenTop = new boolean[resized[1] + 9 - size];
    for (int id = 0; id < 400; id++) {
      byte[] planes = new byte[3 * size * size];
      boolean flip = id % 2 == 0;
      resampler.crop(picture, SIMPLE, random(id), size, flip, planes);
      SampleRandom same = random(id);
      int top = same.nextInt(resized[1] + 8 - size + 1) - 4;
      int left = same.nextInt(resized[0] + 8 - size + 1) - 4;
      seenTop[top + 4] = true;
      for (int i = 0; i < planes.length; i++) {
        int y = mirror(top + i / size % size, resized[1]);
        int x = mirror(left + (flip ? size - 1 - i % size : i % size), resized[0]);
        int wanted = whole[(i / size / size * resized[1] + y) * resized[0] + x];
        assertThat((int) planes[i]).as("crop %d, number %d", id, i).isEqualTo(wanted);
      }
    }
    assertThat(seenTop).doesNotContain(false);
  }

  @Test
  void takesASimpleCropOutOfAThreadOfAPictureWithoutReadingAllOfIt() {
    byte[] planes = new byte[3 * 32 * 32];
    resampler.crop(new Thread(50_000_000), SIMPLE, random(1), 32, false, planes);
    assertThat(planes).containsOnly(9);
  }

  /** One pixel high, all of one value; refuses to be read whole. */
  private record Thread(int width) implements Raster {
    @Override
    public int height() {
      return 1;
    }

    @Override
    public void read(int y, int x, int count, byte[] into) {
      assertThat(count).isLessThan(1000);
      java.util.Arrays.fill(into, 0, 3 * count, (byte) 9);
    }
  }

  private static final Augmentation SIMPLE =
      new Augmentation(Crop.SIMPLE, 0.2, 1, 0.75, 1.33, true);

  private static SampleRandom random(long id) {
    return new SampleRandom(1, 0, id, SampleRandom.Purpose.CROP);
  }

  private static int mirror(int i, int length) {
    return i < 0 ? -i : i >= length ? 2 * length - 2 - i : i;
  }
}
