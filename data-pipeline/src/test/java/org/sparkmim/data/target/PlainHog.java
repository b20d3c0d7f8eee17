package org.sparkmim.data.target;

/** The definition of methods 2.5 written down pixel by pixel, slow and obvious. */
final class PlainHog {
  private PlainHog() {}

  static float[] cells(byte[] picture, int size, int cellSize, int bins) {
    int side = size / cellSize;
    double[] histogram = new double[side * side * 3 * bins];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
          double a = 0;
          double b = 0;
          for (int d = -1; d <= 1; d++) {
            int weight = 2 - Math.abs(d);
            a += weight * (p(picture, size, c, y + d, x - 1) - p(picture, size, c, y + d, x + 1));
            b += weight * (p(picture, size, c, y - 1, x + d) - p(picture, size, c, y + 1, x + d));
          }
          int bin = Math.floorMod((int) Math.floor(Math.atan2(a, b) / Math.PI * bins), bins);
          int cell = y / cellSize * side + x / cellSize;
          histogram[(cell * 3 + c) * bins + bin] += Math.hypot(a, b) / (cellSize * cellSize);
        }
      }
    }
    float[] cells = new float[histogram.length];
    for (int at = 0; at < cells.length; at += bins) {
      double squares = 0;
      for (int i = at; i < at + bins; i++) {
        squares += histogram[i] * histogram[i];
      }
      for (int i = at; i < at + bins; i++) {
        cells[i] = (float) (histogram[i] / Math.max(Math.sqrt(squares), 1e-12));
      }
    }
    return cells;
  }

  private static int p(byte[] picture, int size, int channel, int y, int x) {
    return picture[(channel * size + reflect(y, size)) * size + reflect(x, size)] & 0xff;
  }

  private static int reflect(int i, int size) {
    return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i;
  }
}
