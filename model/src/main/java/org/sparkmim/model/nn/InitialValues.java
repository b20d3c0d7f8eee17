package org.sparkmim.model.nn;

import java.util.SplittableRandom;

/** Draws the start of a parameter: a pure function of seed, name and {@link Init}. */
public final class InitialValues {
  private InitialValues() {}

  /** {@code size} numbers for the parameter of that name. */
  public static float[] draw(ParameterLayout.Entry entry, long seed) {
    float[] numbers = new float[Math.toIntExact(entry.size())];
    SplittableRandom random = new SplittableRandom(seed ^ hash(entry.name()));
    Init init = entry.init();
    if (init instanceof Init.Constant constant) {
      java.util.Arrays.fill(numbers, constant.value());
    } else if (init instanceof Init.Normal normal) {
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) (gaussian(random) * normal.deviation());
      }
    } else {
      double bound =
          init instanceof Init.Xavier xavier
              ? StrictMath.sqrt(6.0 / (xavier.fanIn() + xavier.fanOut()))
              : ((Init.Uniform) init).bound();
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
    }
    return numbers;
  }

  private static double gaussian(SplittableRandom random) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
    return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
  }

  /** FNV-1a, so that names of equal {@code hashCode} still differ. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
