package org.sparkmim.data.target;

import org.sparkmim.data.image.Normalisation;

/**
 * Takes the fine detail out of an image as PixMIM does (arXiv 2303.02416; methods 3.3): of each
 * channel's centred spectrum an ideal disc is kept, and the magnitude of its inverse transform is
 * the result, mean/std normalised.
 *
 * <p>The published disc is centred on (N-1)/2, half a frequency below the constant's place at N/2:
 * it keeps (u, v) where {@code (u+1/2)^2 + (v+1/2)^2 <= r^2}. So it is not symmetric and its
 * inverse transform complex. The published code leaves out the shift back, which turns phases only.
 *
 * <p>Keeps its buffers; one a loader thread.
 */
final class LowPass {
  /** Below it not even the constant is kept. */
  static final double MIN_RADIUS = 0.75;

  private static final int CHANNELS = 3;

  /** Real and imaginary part of the image, each with a cosine's and a sine's share along a row. */
  private static final int PARTS = 4;

  private final int size;
  private final double radius;
  private final int frequencies;
  private final BandTransform transform;

  /** [column][channel, row]. */
  private final float[][] columns;

  private final float[][] imaginary;

  /** [frequency along a row][channel, row]: what goes with its cosine and sine. */
  private final float[][] cosine;

  private final float[][] sine;
  private final float[][] imaginaryCosine;
  private final float[][] imaginarySine;

  /** [row][cosine or sine, channel, frequency along a row]. */
  private final float[][] rows;

  /** [frequency along a column][as rows]. */
  private final float[][] rowCosine;

  private final float[][] rowSine;

  /** [row][part, channel, frequency along a row]. */
  private final float[][] filteredRows;

  /** [frequency along a column][as filteredRows]. */
  private final float[][] filteredCosine;

  private final float[][] filteredSine;

  /**
   * @param size edge of the square images, in pixels, N: a multiple of 4
   * @param radius of the disc, in frequencies of the whole image, r
   * @throws IllegalArgumentException for other sizes
   */
  LowPass(int size, double radius) {
    if (size < 4 || size % 4 != 0 || !(radius >= MIN_RADIUS && radius <= maxRadius(size))) {
      throw new IllegalArgumentException(
          "A low pass needs a size that is a multiple of 4 and a radius within its spectrum, got "
              + size
              + " and "
              + radius);
    }
    this.size = size;
    this.radius = radius;
    this.frequencies = (int) (radius + 0.5) + 1;
    this.transform = new BandTransform(size, frequencies);
    int lines = CHANNELS * size;
    int spectra = CHANNELS * frequencies;
    this.columns = new float[size][lines];
    this.imaginary = new float[size][lines];
    this.cosine = new float[frequencies][lines];
    this.sine = new float[frequencies][lines];
    this.imaginaryCosine = new float[frequencies][lines];
    this.imaginarySine = new float[frequencies][lines];
    this.rows = new float[size][2 * spectra];
    this.rowCosine = new float[frequencies][2 * spectra];
    this.rowSine = new float[frequencies][2 * spectra];
    this.filteredRows = new float[size][PARTS * spectra];
    this.filteredCosine = new float[frequencies][PARTS * spectra];
    this.filteredSine = new float[frequencies][PARTS * spectra];
  }

  /** The largest disc that leaves out the highest frequency, which is its own opposite. */
  static double maxRadius(int size) {
    return size / 2.0 - 1;
  }

  /**
   * Filters an image.
   *
   * @param planes [3, N, N], unsigned
   * @param out receives [3, N, N], mean/std normalised
   */
  void filter(byte[] planes, float[] out) {
    for (int line = 0; line < CHANNELS * size; line++) {
      for (int x = 0; x < size; x++) {
        columns[x][line] = planes[line * size + x] & 0xff;
      }
    }
    transform.forward(columns, cosine, sine);
    turn();
    transform.forward(rows, rowCosine, rowSine);
    for (int u = 0; u < frequencies; u++) {
      keepDisc(u, transform.line(u));
    }
    transform.inverse(filteredCosine, filteredSine, filteredRows);
    turnBack();
    transform.inverse(cosine, sine, columns);
    transform.inverse(imaginaryCosine, imaginarySine, imaginary);
    magnitude(out);
  }

  /** From an array a frequency to an array a row. */
  private void turn() {
    int spectra = CHANNELS * frequencies;
    for (int channel = 0; channel < CHANNELS; channel++) {
      for (int f = 0; f < frequencies; f++) {
        int at = channel * frequencies + f;
        for (int y = 0; y < size; y++) {
          rows[y][at] = cosine[f][channel * size + y];
          rows[y][spectra + at] = sine[f][channel * size + y];
        }
      }
    }
  }

  private void turnBack() {
    int spectra = CHANNELS * frequencies;
    for (int channel = 0; channel < CHANNELS; channel++) {
      for (int f = 0; f < frequencies; f++) {
        int at = channel * frequencies + f;
        for (int y = 0; y < size; y++) {
          float[] row = filteredRows[y];
          cosine[f][channel * size + y] = row[at];
          sine[f][channel * size + y] = row[spectra + at];
          imaginaryCosine[f][channel * size + y] = row[2 * spectra + at];
          imaginarySine[f][channel * size + y] = row[3 * spectra + at];
        }
      }
    }
  }

  /**
   * The frequencies (u, v), (-u, v), (u, -v) and (-u, -v) for every v, u and v not negative. With
   * {@code A} at (u, v) and {@code B} at (-u, v), a real image has their conjugates at the opposite
   * frequencies; the disc keeps some of the four. What they add to the image is written as a
   * function of the row, for its real and imaginary part and with the cosine and sine of v.
   */
  private void keepDisc(int u, int line) {
    int spectra = CHANNELS * frequencies;
    float[] cosines = rowCosine[line];
    float[] sines = rowSine[line];
    float[] outCosines = filteredCosine[line];
    float[] outSines = filteredSine[line];
    for (int v = 0; v < frequencies; v++) {
      // Frequencies that are their own opposites count once.
      int a = kept(u, v);
      int b = u > 0 ? kept(-u, v) : 0;
      int oppositeA = u > 0 && v > 0 ? kept(-u, -v) : 0;
      int oppositeB = v > 0 ? kept(u, -v) : 0;
      float sumA = a + oppositeA;
      float sumB = b + oppositeB;
      float differenceA = a - oppositeA;
      float differenceB = b - oppositeB;
      for (int channel = 0; channel < CHANNELS; channel++) {
        int at = channel * frequencies + transform.line(v);
        float realA = cosines[at] - sines[spectra + at];
        float imaginaryA = -sines[at] - cosines[spectra + at];
        float realB = cosines[at] + sines[spectra + at];
        float imaginaryB = sines[at] - cosines[spectra + at];
        outCosines[at] = realA * sumA + realB * sumB;
        outSines[at] = -imaginaryA * sumA + imaginaryB * sumB;
        outCosines[spectra + at] = -imaginaryA * sumA - imaginaryB * sumB;
        outSines[spectra + at] = -realA * sumA + realB * sumB;
        outCosines[2 * spectra + at] = imaginaryA * differenceA + imaginaryB * differenceB;
        outSines[2 * spectra + at] = realA * differenceA - realB * differenceB;
        outCosines[3 * spectra + at] = realA * differenceA + realB * differenceB;
        outSines[3 * spectra + at] = -imaginaryA * differenceA + imaginaryB * differenceB;
      }
    }
  }

  private int kept(int u, int v) {
    return (u + 0.5) * (u + 0.5) + (v + 0.5) * (v + 0.5) <= radius * radius ? 1 : 0;
  }

  private void magnitude(float[] out) {
    for (int x = 0; x < size; x++) {
      magnitude(columns[x], imaginary[x]);
    }
    for (int channel = 0; channel < CHANNELS; channel++) {
      float scale = (float) (1 / (255.0 * size * size * Normalisation.std(channel)));
      float shift = Normalisation.mean(channel) / Normalisation.std(channel);
      for (int line = channel * size; line < (channel + 1) * size; line++) {
        for (int x = 0; x < size; x++) {
          out[line * size + x] = columns[x][line] * scale - shift;
        }
      }
    }
  }

  private static void magnitude(float[] real, float[] imaginary) {
    for (int i = 0; i < real.length; i++) {
      real[i] = (float) Math.sqrt(real[i] * real[i] + imaginary[i] * imaginary[i]);
    }
  }
}
