package org.sparkmim.model.engine.reference;

import java.util.Arrays;
import org.sparkmim.model.engine.HogTargets;

/** {@link HogTargets} of one head, by the definition: pixel by pixel, and in double. */
final class HogCells {
  private static final int CHANNELS = 3;

  private final HogTargets.Tap tap;
  private final byte[] images;
  private final int size;
  private final int bins;

  HogCells(HogTargets.Tap tap, byte[] images, int size) {
    this.tap = tap;
    this.images = images;
    this.size = size;
    this.bins = tap.bins();
  }

  /** Writes {@code [B, cells, 3, bins]}, rounded to float32 as all inputs are. */
  void write(double[] targets) {
    int grid = size / tap.cellSize();
    double[] sums = new double[bins];
    for (int at = 0; at < targets.length; at += bins) {
      int channel = at / bins % CHANNELS;
      int cell = at / bins / CHANNELS % (grid * grid);
      int image = at / bins / CHANNELS / (grid * grid);
      Arrays.fill(sums, 0);
      for (int i = 0; i < tap.cellSize() * tap.cellSize(); i++) {
        int y = cell / grid * tap.cellSize() + i / tap.cellSize();
        int x = cell % grid * tap.cellSize() + i % tap.cellSize();
        add(image * CHANNELS + channel, y, x, sums);
      }
      normalise(sums, targets, at);
    }
  }

  private void add(int plane, int y, int x, double[] sums) {
    int a = 0;
    int b = 0;
    for (int d = -1; d <= 1; d++) {
      int weight = 2 - Math.abs(d);
      a += weight * (pixel(plane, y + d, x - 1) - pixel(plane, y + d, x + 1));
      b += weight * (pixel(plane, y - 1, x + d) - pixel(plane, y + 1, x + d));
    }
    int[] directions = tap.directions();
    int first = plane % CHANNELS * 3 * bins;
    double horizontal = a + (double) directions[first] / HogTargets.ONE;
    double vertical = b + (double) directions[first + 1] / HogTargets.ONE;
    int sign = horizontal < 0 || (horizontal == 0 && vertical < 0) ? -1 : 1;
    int bin = 0;
    for (int k = first + 3; k < first + 3 * bins; k += 3) {
      bin += sign * (a * directions[k] - b * directions[k + 1] + directions[k + 2]) >= 0 ? 1 : 0;
    }
    sums[bin] += Math.sqrt(horizontal * horizontal + vertical * vertical);
  }

  private int pixel(int plane, int y, int x) {
    return images[(plane * size + mirror(y)) * size + mirror(x)] & 0xff;
  }

  /** The row or column that a padded one shows; the edge is not repeated. */
  private int mirror(int i) {
    return i < 0 ? 1 : i < size ? i : size - 2;
  }

  private void normalise(double[] sums, double[] targets, int at) {
    double perPixel = 1.0 / ((double) tap.cellSize() * tap.cellSize());
    double norm = Math.sqrt(Arrays.stream(sums).map(sum -> sum * sum).sum());
    double scale = perPixel / Math.max(norm * perPixel, HogTargets.NORM_FLOOR);
    for (int k = 0; k < bins; k++) {
      targets[at + k] = (float) (sums[k] * scale);
    }
  }
}
