package org.sparkmim.data.target;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Reusable accumulators for the histograms of one image size at nested cell sizes: gradients are
 * binned once at the finest cells, coarser cells are sums of finer ones. Not thread-safe; one a
 * loader thread.
 */
public final class HogPyramid implements TargetExtractor {
  private static final int CHANNELS = 3;
  private static final int BAND_PIXELS = 2048;
  private static final double NORM_FLOOR = 1e-12;

  private final int height;
  private final int width;
  private final int bins;
  private final int[] cellSizes;
  private final int finest;
  private final double[][] sums;
  private final int[] pooledFrom;
  private final double[] magnitude;
  private final int[] bin;
  private final int band;
  private final int[] cellOf;
  private final int[] ascending;
  private final BinBoundaries boundaries;
  private final IntegerGradients integers;

  /**
   * @param height image height in pixels, at least 2
   * @param width image width in pixels, at least 2
   * @param cellSizes cell edge in pixels of each level, in any order; each a divisor of height and
   *     width and a multiple of the smallest
   * @param bins orientation bins, 2 to 64
   * @throws IllegalArgumentException for sizes that do not nest
   */
  public HogPyramid(int height, int width, int[] cellSizes, int bins) {
    this.height = height;
    this.width = width;
    this.bins = bins;
    this.cellSizes = cellSizes.clone();
    this.finest = Arrays.stream(cellSizes).min().orElseThrow();
    require(height >= 2 && width >= 2, "an image of at least 2x2 pixels", height + "x" + width);
    require(bins >= 2 && bins <= 64, "2 to 64 bins", bins);
    this.sums = new double[cellSizes.length][];
    this.pooledFrom = new int[cellSizes.length];
    for (int k = 0; k < cellSizes.length; k++) {
      int size = cellSizes[k];
      require(
          size > 0 && height % size == 0 && width % size == 0 && size % finest == 0,
          "cell sizes that divide " + height + "x" + width + " and are multiples of the smallest",
          Arrays.toString(cellSizes));
      sums[k] = new double[cells(k) * CHANNELS * bins];
    }
    for (int k = 0; k < cellSizes.length; k++) {
      pooledFrom[k] = coarsestBelow(k);
    }
    this.band = bandRows();
    int stride = width + Gradients.PAD;
    this.magnitude = new double[band * stride];
    this.bin = new int[band * stride];
    this.cellOf = new int[band * stride];
    for (int i = 0; i < cellOf.length; i++) {
      int column = Math.min(i % stride, width - 1) / finest;
      cellOf[i] = (i / stride / finest * (width / finest) + column) * CHANNELS * bins;
    }
    this.ascending = ascendingLevels();
    this.boundaries = BinBoundaries.of(bins);
    this.integers = new IntegerGradients(height, width, band, boundaries);
  }

  /** Cells of level {@code k}. */
  public int cells(int k) {
    return (height / cellSizes[k]) * (width / cellSizes[k]);
  }

  /**
   * Targets of an 8-bit image, by exact integer arithmetic.
   *
   * @param pixels planes [3, height, width], unsigned
   * @param out per level an array that receives [cells, 3*bins] from {@code sample*cells*3*bins} on
   */
  @Override
  public void extract(byte[] pixels, float[][] out, int sample) {
    requireLength(pixels.length);
    extract(integers.of(pixels), out, sample);
  }

  /**
   * Targets of a float image (any affine change of the pixels of a channel gives the same targets).
   *
   * @param pixels planes [3, height, width]
   * @param out per level an array that receives [cells, 3*bins] from {@code sample*cells*3*bins} on
   */
  public void extract(float[] pixels, float[][] out, int sample) {
    extract(pixels, 0, 0, out, sample);
  }

  /** As {@link #extract(float[], float[][], int)}, with a constant added to every gradient. */
  void extract(float[] pixels, double biasA, double biasB, float[][] out, int sample) {
    requireLength(pixels.length);
    extract(new FloatGradients(pixels, height, width, biasA, biasB, boundaries), out, sample);
  }

  /** Rows that are asked of the gradients at a time. */
  int band() {
    return band;
  }

  void extract(Gradients gradients, float[][] out, int sample) {
    for (double[] level : sums) {
      Arrays.fill(level, 0);
    }
    int base = indexOf(finest);
    for (int channel = 0; channel < CHANNELS; channel++) {
      for (int y = 0; y < height; y += band) {
        gradients.rows(channel, y, band, magnitude, bin);
        int firstCell = y / finest * (width / finest);
        accumulate(sums[base], (firstCell * CHANNELS + channel) * bins);
      }
    }
    for (int k : ascending) {
      if (k != base) {
        pool(pooledFrom[k], k);
      }
      normalise(k, out[k], sample * sums[k].length);
    }
  }

  /** One loop over many rows: loops over cells of a few pixels would cost more than their work. */
  private void accumulate(double[] histogram, int at) {
    for (int i = 0; i < bin.length; i++) {
      histogram[at + cellOf[i] + bin[i]] += magnitude[i];
    }
  }

  private void pool(int from, int to) {
    int factor = cellSizes[to] / cellSizes[from];
    int fromColumns = width / cellSizes[from];
    int toColumns = width / cellSizes[to];
    int stride = CHANNELS * bins;
    double[] fine = sums[from];
    double[] coarse = sums[to];
    for (int row = 0; row < height / cellSizes[from]; row++) {
      for (int column = 0; column < fromColumns; column++) {
        int source = (row * fromColumns + column) * stride;
        int goal = (row / factor * toColumns + column / factor) * stride;
        for (int i = 0; i < stride; i++) {
          coarse[goal + i] += fine[source + i];
        }
      }
    }
  }

  private void normalise(int k, float[] out, int offset) {
    double[] histogram = sums[k];
    double perPixel = 1.0 / ((double) cellSizes[k] * cellSizes[k]);
    for (int at = 0; at < histogram.length; at += bins) {
      double squares = 0;
      for (int i = at; i < at + bins; i++) {
        squares += histogram[i] * histogram[i];
      }
      double scale = perPixel / Math.max(Math.sqrt(squares) * perPixel, NORM_FLOOR);
      for (int i = at; i < at + bins; i++) {
        out[offset + i] = (float) (histogram[i] * scale);
      }
    }
  }

  /** Rows at a time: whole cells that divide the height, few enough for the first-level cache. */
  private int bandRows() {
    int rows = finest;
    for (int more = finest; more <= height && more * width <= BAND_PIXELS; more += finest) {
      rows = height % more == 0 ? more : rows;
    }
    return rows;
  }

  private int indexOf(int cellSize) {
    int k = 0;
    while (cellSizes[k] != cellSize) {
      k++;
    }
    return k;
  }

  private int coarsestBelow(int k) {
    int best = indexOf(finest);
    for (int other = 0; other < cellSizes.length; other++) {
      boolean nests = cellSizes[other] < cellSizes[k] && cellSizes[k] % cellSizes[other] == 0;
      if (nests && cellSizes[other] > cellSizes[best]) {
        best = other;
      }
    }
    return best;
  }

  private int[] ascendingLevels() {
    return IntStream.range(0, cellSizes.length)
        .boxed()
        .sorted(Comparator.comparingInt(k -> cellSizes[k]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void requireLength(int length) {
    require(length == CHANNELS * height * width, "3 planes of " + height + "x" + width, length);
  }

  private static void require(boolean condition, String wanted, Object found) {
    if (!condition) {
      throw new IllegalArgumentException("HOG needs " + wanted + ", got " + found);
    }
  }
}
