package org.sparkmim.model.nn;

/**
 * The four old places that a new one is made of, and their weights, along one axis: PyTorch's
 * bicubic interpolation without aligned corners and without antialiasing. The centre of place i of
 * the new axis lies at {@code (i + 0.5) * from / to - 0.5} of the old one; four neighbours weigh in
 * by the cubic convolution of Keys (1981) with a = -0.75, and beyond the edges the outermost is
 * repeated.
 */
record Bicubic(int[] places, double[] weights) {
  static final int TAPS = 4;
  private static final double A = -0.75;

  /** Place {@code place} of {@code to}, out of {@code from}. */
  private static Bicubic of(int place, int from, int to) {
    double centre = (place + 0.5) * from / to - 0.5;
    int floor = (int) Math.floor(centre);
    Bicubic taps = new Bicubic(new int[TAPS], new double[TAPS]);
    for (int i = 0; i < TAPS; i++) {
      int neighbour = floor - 1 + i;
      taps.places[i] = Math.max(0, Math.min(from - 1, neighbour));
      taps.weights[i] = cubic(Math.abs(centre - neighbour));
    }
    return taps;
  }

  /** All places of an axis. */
  static Bicubic[] axis(int from, int to) {
    Bicubic[] axis = new Bicubic[to];
    for (int i = 0; i < to; i++) {
      axis[i] = of(i, from, to);
    }
    return axis;
  }

  private static double cubic(double x) {
    return x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
  }
}
