package org.sparkmim.data.target;

import java.util.Arrays;
import org.sparkmim.data.image.Normalisation;

/**
 * How gradients of 8-bit pixels fall into orientation bins, by integers alone: what an engine needs
 * to make the same histograms as the loaders. One table {@code [3, bins, 3]} a tap; of each channel
 *
 * <ul>
 *   <li>first what is added to the horizontal and to the vertical gradient, in units of {@code
 *       1/ONE}, and a zero;
 *   <li>then for each boundary k = 1 to bins-1 the numbers c, s and d: it is reached where {@code
 *       a*c - b*s + d >= 0}.
 * </ul>
 *
 * Gradients that point the other way count as their opposites. The bin is how many boundaries are
 * reached.
 */
final class HogDirections {
  /** Of 1020, the largest 8-bit gradient, times its square root of two, enough below 2^31. */
  static final int ONE = 1 << 20;

  private static final int CHANNELS = 3;

  private HogDirections() {}

  /** Without a bias: no gradient of 8-bit pixels is on the wrong side of a boundary. */
  static int[] plain(int bins) {
    BinBoundaries boundaries = BinBoundaries.of(bins);
    int[] channel = new int[3 * bins];
    for (int k = 1; k < bins; k++) {
      channel[3 * k] = boundaries.integerCosine()[k - 1];
      channel[3 * k + 1] = boundaries.integerSine()[k - 1];
    }
    int[] table = Arrays.copyOf(channel, CHANNELS * channel.length);
    for (int c = 1; c < CHANNELS; c++) {
      System.arraycopy(channel, 0, table, c * channel.length, channel.length);
    }
    return table;
  }

  /** With a bias, in fixed point: boundaries are met to less than 1e-6 of a radian. */
  static int[] biased(int bins, GradientBias bias) {
    BinBoundaries boundaries = BinBoundaries.of(bins);
    int[] table = new int[CHANNELS * 3 * bins];
    for (int c = 0; c < CHANNELS; c++) {
      double a = horizontal(bias, c);
      double b = vertical(bias, c);
      int at = c * 3 * bins;
      table[at] = fixed(a);
      table[at + 1] = fixed(b);
      for (int k = 1; k < bins; k++) {
        double cosine = boundaries.cosine()[k - 1];
        double sine = boundaries.sine()[k - 1];
        table[at + 3 * k] = fixed(cosine);
        table[at + 3 * k + 1] = fixed(sine);
        table[at + 3 * k + 2] = fixed(a * cosine - b * sine);
      }
    }
    return table;
  }

  /** What a bias adds to horizontal gradients of 8-bit pixels. */
  static double horizontal(GradientBias bias, int channel) {
    return bias.a() * scale(channel);
  }

  /** What a bias adds to vertical gradients of 8-bit pixels. */
  static double vertical(GradientBias bias, int channel) {
    return bias.b() * scale(channel);
  }

  /** Of one of the mean/std-normalised image, in 8-bit pixels. */
  private static double scale(int channel) {
    return 255.0 * Normalisation.std(channel);
  }

  private static int fixed(double number) {
    return (int) Math.rint(number * ONE);
  }
}
