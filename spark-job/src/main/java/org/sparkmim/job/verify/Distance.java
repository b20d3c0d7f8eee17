package org.sparkmim.job.verify;

import java.util.function.IntPredicate;

/** Distances between tensors, accumulated in double. */
final class Distance {
  private Distance() {}

  /**
   * {@code ||yours - golden||2 / ||golden||2} over the whole tensor; the numerator alone where the
   * golden tensor is zero.
   */
  static double relative(float[] yours, float[] golden) {
    return relative(yours, golden, i -> true);
  }

  /** The same over some elements. */
  static double relative(float[] yours, float[] golden, IntPredicate counted) {
    requireEqualLength(yours.length, golden.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < golden.length; i++) {
      if (counted.test(i)) {
        double d = (double) yours[i] - golden[i];
        difference += d * d;
        norm += (double) golden[i] * golden[i];
      }
    }
    return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
  }

  /** Relative error of numbers that are known in double on this side. */
  static double relative(double[] yours, float[] golden) {
    requireEqualLength(yours.length, golden.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < golden.length; i++) {
      double d = yours[i] - golden[i];
      difference += d * d;
      norm += (double) golden[i] * golden[i];
    }
    return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
  }

  /** Relative error of numbers that are known in double on both sides. */
  static double relative(double[] yours, double[] golden) {
    requireEqualLength(yours.length, golden.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < golden.length; i++) {
      double d = yours[i] - golden[i];
      difference += d * d;
      norm += golden[i] * golden[i];
    }
    return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
  }

  /**
   * {@code ||(yours - start) - (golden - start)|| / ||golden - start||}: compares changes, which a
   * comparison of the values would hide. Over some elements.
   */
  static double ofChange(float[] yours, float[] golden, float[] start, IntPredicate counted) {
    requireEqualLength(yours.length, golden.length);
    requireEqualLength(start.length, golden.length);
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < golden.length; i++) {
      if (counted.test(i)) {
        double d = (double) yours[i] - golden[i];
        double change = (double) golden[i] - start[i];
        difference += d * d;
        norm += change * change;
      }
    }
    return Math.sqrt(difference) / (norm > 0 ? Math.sqrt(norm) : 1);
  }

  /** How many elements differ; not a number differs from everything. */
  static int differing(float[] yours, float[] golden) {
    requireEqualLength(yours.length, golden.length);
    int count = 0;
    for (int i = 0; i < golden.length; i++) {
      count += yours[i] == golden[i] ? 0 : 1;
    }
    return count;
  }

  /** How many elements differ. */
  static int differing(int[] yours, int[] golden) {
    requireEqualLength(yours.length, golden.length);
    int count = 0;
    for (int i = 0; i < golden.length; i++) {
      count += yours[i] == golden[i] ? 0 : 1;
    }
    return count;
  }

  private static void requireEqualLength(int yours, int golden) {
    if (yours != golden) {
      throw new IllegalArgumentException(yours + " elements against " + golden);
    }
  }
}
