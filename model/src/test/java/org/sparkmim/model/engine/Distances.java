package org.sparkmim.model.engine;

/** Distances between tensors of two engines. */
public final class Distances {
  private Distances() {}

  static double squares(float[] numbers) {
    double sum = 0;
    for (float number : numbers) {
      sum += (double) number * number;
    }
    return sum;
  }

  /** {@code ||actual - expected|| / max(||expected||, floor)}; 0 where both are zero. */
  public static double relative(float[] actual, float[] expected, double floor) {
    double difference = 0;
    for (int i = 0; i < expected.length; i++) {
      double d = (double) actual[i] - expected[i];
      difference += d * d;
    }
    double scale = Math.max(Math.sqrt(squares(expected)), floor);
    return difference == 0 ? 0 : Math.sqrt(difference) / scale;
  }
}
