package org.sparkmim.data.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.data.DataException;
import org.sparkmim.data.image.Normalisation;

class LowPassTest {
  @ParameterizedTest
  @CsvSource({"8,1.5", "12,3", "16,2.9", "32,5.7", "32,15", "20,0.75", "64,11.43"})
  void isTheMagnitudeOfThePublishedFilter(int size, double radius) {
    byte[] picture = picture(size, 5);
    float[] filtered = new float[picture.length];
    LowPass lowPass = new LowPass(size, radius);
    lowPass.filter(picture(size, 6), filtered);
    lowPass.filter(picture, filtered);
    for (int channel = 0; channel < 3; channel++) {
      double[] plain = plain(picture, channel, size, radius);
      for (int i = 0; i < plain.length; i++) {
        double wanted = (plain[i] - Normalisation.mean(channel)) / Normalisation.std(channel);
        assertThat(filtered[channel * size * size + i])
            .as("channel %d, pixel %d", channel, i)
            .isCloseTo((float) wanted, within(5e-6f));
      }
    }
  }

  @Test
  void keepsFlatAreasAndTakesOutTheFinestPattern() {
    byte[] picture = new byte[3 * 64 * 64];
    for (int i = 0; i < picture.length; i++) {
      picture[i] = (byte) (100 + 20 * ((i + i / 64) % 2));
    }
    float[] filtered = new float[picture.length];
    new LowPass(64, 12).filter(picture, filtered);
    for (int channel = 0; channel < 3; channel++) {
      float wanted = (110 / 255f - Normalisation.mean(channel)) / Normalisation.std(channel);
      float[] plane = Arrays.copyOfRange(filtered, channel * 4096, (channel + 1) * 4096);
      for (float value : plane) {
        assertThat(value).isCloseTo(wanted, within(1e-5f));
      }
    }
  }

  @Test
  void isCutIntoCellsWithTheRadiusInProportionToTheImage() {
    byte[] picture = picture(64, 9);
    float[] filtered = new float[picture.length];
    new LowPass(64, 40 * 64 / 224.0).filter(picture, filtered);
    for (boolean perCell : new boolean[] {false, true}) {
      TargetKind kind = new TargetKind.LowFrequencyPixels(40, perCell);
      float[][] out = {new float[picture.length]};
      kind.extractor(64, new int[] {16}).extract(picture, out, 0);
      assertThat(out[0]).isEqualTo(PixelTarget.cells(filtered, 64, 16, perCell));
    }
  }

  @Test
  void refusesDiscsThatDoNotFitTheSpectrum() {
    TargetKind.LowFrequencyPixels wide = new TargetKind.LowFrequencyPixels(112, true);
    assertThatThrownBy(() -> wide.check(224, 1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("must be 0.8..111.0 for images of 224 px, got 112.0");
    assertThatThrownBy(() -> new TargetKind.LowFrequencyPixels(Double.NaN, true).check(64, 1))
        .hasMessageContaining("got NaN");
    assertThatThrownBy(() -> new TargetKind.LowFrequencyPixels(40, true).check(98, 1))
        .hasMessageContaining("multiple of 4 for low-frequency pixels, got 98");
    assertThatThrownBy(() -> new LowPass(64, 31.5)).hasMessageContaining("got 64 and 31.5");
  }

  private static byte[] picture(int size, int seed) {
    byte[] picture = new byte[3 * size * size];
    new Random(seed).nextBytes(picture);
    return picture;
  }

  /**
   * The published steps one after the other, in double precision: transform, shift the constant to
   * the centre, multiply by the disc, transform back without shifting, magnitude.
   */
  private static double[] plain(byte[] picture, int channel, int size, double radius) {
    double[] real = new double[size * size];
    double[] imaginary = new double[size * size];
    for (int i = 0; i < real.length; i++) {
      real[i] = (picture[channel * size * size + i] & 0xff) / 255.0;
    }
    transform(real, imaginary, size, -1);
    double[] shiftedReal = new double[size * size];
    double[] shiftedImaginary = new double[size * size];
    double centre = (size - 1) / 2.0;
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        if ((y - centre) * (y - centre) + (x - centre) * (x - centre) <= radius * radius) {
          int from = (y + size / 2) % size * size + (x + size / 2) % size;
          shiftedReal[y * size + x] = real[from];
          shiftedImaginary[y * size + x] = imaginary[from];
        }
      }
    }
    transform(shiftedReal, shiftedImaginary, size, 1);
    double[] magnitude = new double[size * size];
    for (int i = 0; i < magnitude.length; i++) {
      magnitude[i] = Math.hypot(shiftedReal[i], shiftedImaginary[i]) / (size * size);
    }
    return magnitude;
  }

  /** Rows, then columns. */
  private static void transform(double[] real, double[] imaginary, int size, int sign) {
    for (int line = 0; line < size; line++) {
      transform(real, imaginary, line * size, 1, size, sign);
    }
    for (int line = 0; line < size; line++) {
      transform(real, imaginary, line, size, size, sign);
    }
  }

  private static void transform(
      double[] real, double[] imaginary, int start, int step, int size, int sign) {
    double[] outReal = new double[size];
    double[] outImaginary = new double[size];
    for (int f = 0; f < size; f++) {
      for (int n = 0; n < size; n++) {
        double angle = sign * 2 * Math.PI * f * n / size;
        int at = start + n * step;
        outReal[f] += real[at] * Math.cos(angle) - imaginary[at] * Math.sin(angle);
        outImaginary[f] += real[at] * Math.sin(angle) + imaginary[at] * Math.cos(angle);
      }
    }
    for (int f = 0; f < size; f++) {
      real[start + f * step] = outReal[f];
      imaginary[start + f * step] = outImaginary[f];
    }
  }
}
