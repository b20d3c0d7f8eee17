package org.sparkmim.job.demo;

import java.awt.image.BufferedImage;
import java.util.SplittableRandom;

/** What a camera does to the light: exposure, focus, vignette, sensor noise, display curve. */
final class Photograph {

  private static final int CURVE_STEPS = 4096;
  private static final int[] CURVE = displayCurve();

  private Photograph() {}

  /**
   * An 8-bit picture of a rendered scene.
   *
   * @param planes linear RGB planes {@code [3 * height * width]}; overwritten
   * @param grey whether the picture has one channel
   */
  static BufferedImage develop(
      float[] planes, int width, int height, boolean grey, SplittableRandom random) {
    expose(planes, random.nextDouble(0.15, 0.26));
    double blur = random.nextDouble(0, 0.55);
    for (int channel = 0; channel < 3; channel++) {
      soften(planes, channel * width * height, width, height, (float) blur);
    }
    double vignette = random.nextDouble(0, 0.5);
    double noise = random.nextDouble(0.001, 0.012);
    int type = grey ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB;
    BufferedImage picture = new BufferedImage(width, height, type);
    int area = width * height;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        double dx = 2.0 * x / width - 1;
        double dy = 2.0 * y / height - 1;
        double light = 1 - vignette * 0.5 * (dx * dx + dy * dy);
        double shot = noise * bell(random);
        double r = planes[at] * light + shot + noise / 2 * bell(random);
        double g = planes[area + at] * light + shot + noise / 2 * bell(random);
        double b = planes[2 * area + at] * light + shot + noise / 2 * bell(random);
        if (grey) {
          picture.getRaster().setSample(x, y, 0, display(0.2126 * r + 0.7152 * g + 0.0722 * b));
        } else {
          picture.setRGB(x, y, display(r) << 16 | display(g) << 8 | display(b));
        }
      }
    }
    return picture;
  }

  /** Scales the mean light to {@code level}, so that scenes are well lit however bright the sun. */
  private static void expose(float[] planes, double level) {
    double sum = 0;
    for (float v : planes) {
      sum += v;
    }
    float gain = (float) (level * planes.length / sum);
    for (int i = 0; i < planes.length; i++) {
      planes[i] *= gain;
    }
  }

  /** Mixes every pixel with its neighbours, first along rows, then along columns. */
  private static void soften(float[] planes, int from, int width, int height, float blur) {
    float side = blur / (1 + 2 * blur);
    for (int y = 0; y < height; y++) {
      softenLine(planes, from + y * width, 1, width, side);
    }
    for (int x = 0; x < width; x++) {
      softenLine(planes, from + x, width, height, side);
    }
  }

  private static void softenLine(float[] line, int from, int step, int count, float side) {
    float before = line[from];
    for (int i = 0; i < count; i++) {
      int at = from + i * step;
      float here = line[at];
      float after = i + 1 < count ? line[at + step] : here;
      line[at] = here + side * (before + after - 2 * here);
      before = here;
    }
  }

  /** Nearly normal, of mean 0 and deviation 1: cheap, and equal on every machine. */
  private static double bell(SplittableRandom random) {
    long bits = random.nextLong();
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      sum += (bits & 0xFFFF) / 65535.0 - 0.5;
      bits >>>= 16;
    }
    return sum * 1.7320508;
  }

  private static int display(double linear) {
    int step = (int) (linear * (CURVE_STEPS - 1) + 0.5);
    return CURVE[Math.max(0, Math.min(CURVE_STEPS - 1, step))];
  }

  /** Gamma 1/2.2 with a soft shoulder. */
  private static int[] displayCurve() {
    int[] curve = new int[CURVE_STEPS];
    for (int i = 0; i < CURVE_STEPS; i++) {
      double t = (double) i / (CURVE_STEPS - 1);
      double shoulder = t * (1 + 0.35 * (1 - t));
      curve[i] = (int) StrictMath.round(255 * StrictMath.pow(Math.min(1, shoulder), 1 / 2.2));
    }
    return curve;
  }
}
