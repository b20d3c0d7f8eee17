package org.sparkmim.job.demo;

import java.util.SplittableRandom;

/** Random linear RGB colours; no class has colours of its own. */
final class Colours {

  private static final double LEAST_CONTRAST = 0.22;

  private Colours() {}

  /** Paper and ink of a print, far enough apart in brightness for its edges to be seen. */
  static Vec[] print(SplittableRandom random) {
    Vec paper = saturated(random);
    while (true) {
      Vec ink = random.nextInt(3) == 0 ? grey(random) : saturated(random);
      if (Math.abs(brightness(ink) - brightness(paper)) >= LEAST_CONTRAST) {
        return new Vec[] {paper, ink};
      }
    }
  }

  /** A muted colour for grounds and walls. */
  static Vec surface(SplittableRandom random) {
    return hue(random.nextDouble(6), random.nextDouble(0.05, 0.45))
        .times(random.nextDouble(0.2, 0.6));
  }

  private static Vec saturated(SplittableRandom random) {
    return hue(random.nextDouble(6), random.nextDouble(0.4, 0.95))
        .times(random.nextDouble(0.15, 0.9));
  }

  private static Vec grey(SplittableRandom random) {
    double level = random.nextBoolean() ? random.nextDouble(0.75, 0.95) : 0.04;
    return new Vec(level, level, level);
  }

  /** The colour at a sixth of the hue circle each unit, at full value. */
  private static Vec hue(double sixths, double saturation) {
    return new Vec(
        channel(sixths, 5, saturation),
        channel(sixths, 3, saturation),
        channel(sixths, 1, saturation));
  }

  private static double channel(double sixths, double offset, double saturation) {
    double k = (sixths + offset) % 6;
    return 1 - saturation * Math.max(0, Math.min(1, Math.min(k, 4 - k)));
  }

  private static double brightness(Vec c) {
    return 0.2126 * c.x() + 0.7152 * c.y() + 0.0722 * c.z();
  }
}
