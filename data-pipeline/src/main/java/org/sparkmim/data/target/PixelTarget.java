package org.sparkmim.data.target;

import java.util.Arrays;
import org.sparkmim.data.image.Normalisation;

/**
 * The pixels of a mean/std-normalised image, cell by cell, as MAE predicts them (arXiv 2111.06377;
 * methods 1.4): a cell's vector runs over (row, column, channel), channel fastest. Either plain, or
 * every vector on its own brought to mean 0 and variance 1: {@code (x-mean)/sqrt(var+1e-6)}, with
 * the unbiased variance.
 *
 * <p>Results are [cells, 3*cell*cell], cells row-major. Keeps its buffers; one a loader thread.
 */
public final class PixelTarget implements TargetExtractor {
  private static final int CHANNELS = 3;
  private static final double VARIANCE_FLOOR = 1e-6;

  private final int size;
  private final int[] cellSizes;
  private final boolean perCell;
  private final int finest;
  private final float[] picture;
  private final float[] row;
  private final double[] sums;
  private final double[] squares;
  private final double[] laneSums;
  private final double[] laneSquares;
  private final float[] mean;
  private final float[] meanRest;
  private final float[] scale;

  /**
   * @param size edge of the square image, in pixels
   * @param cellSizes cell edge in pixels of each level, in any order; each a divisor of size and a
   *     multiple of the smallest
   * @param perCell whether every cell is normalised on its own
   * @throws IllegalArgumentException for sizes that do not nest
   */
  public PixelTarget(int size, int[] cellSizes, boolean perCell) {
    this.size = size;
    this.cellSizes = cellSizes.clone();
    this.perCell = perCell;
    this.finest = Arrays.stream(cellSizes).min().orElseThrow();
    for (int cellSize : cellSizes) {
      require(
          cellSize > 0 && size % cellSize == 0 && cellSize % finest == 0,
          "cell sizes that divide " + size + " and are multiples of the smallest",
          Arrays.toString(cellSizes));
    }
    int width = CHANNELS * size;
    int cells = perCell ? (size / finest) * (size / finest) : 0;
    int lanes = perCell ? width : 0;
    this.picture = new float[size * width];
    this.row = new float[width];
    this.sums = new double[cells];
    this.squares = new double[cells];
    this.laneSums = new double[lanes];
    this.laneSquares = new double[lanes];
    this.mean = new float[lanes];
    this.meanRest = new float[lanes];
    this.scale = new float[lanes];
  }

  /**
   * Targets at one cell size.
   *
   * @param chw planes [3, size, size], mean/std normalised
   * @return [(size/cellSize)^2, 3*cellSize*cellSize]
   */
  public static float[] cells(float[] chw, int size, int cellSize, boolean perCell) {
    float[][] out = {new float[CHANNELS * size * size]};
    new PixelTarget(size, new int[] {cellSize}, perCell).extract(chw, out, 0);
    return out[0];
  }

  /**
   * Undoes the normalisation of cells, of a prediction say: each gets the mean and the deviation of
   * the same cell of {@code plain}.
   *
   * @param cells [cells, width]
   * @param plain [cells, width], not normalised per cell
   * @param width numbers in a cell, 3*cell*cell
   */
  public static float[] denormalise(float[] cells, float[] plain, int width) {
    float[] out = new float[cells.length];
    for (int cell = 0; cell < cells.length; cell += width) {
      double sum = 0;
      for (int i = cell; i < cell + width; i++) {
        sum += plain[i];
      }
      double mean = sum / width;
      double squares = 0;
      for (int i = cell; i < cell + width; i++) {
        squares += (plain[i] - mean) * (plain[i] - mean);
      }
      double deviation = Math.sqrt(squares / (width - 1) + VARIANCE_FLOOR);
      for (int i = cell; i < cell + width; i++) {
        out[i] = (float) (cells[i] * deviation + mean);
      }
    }
    return out;
  }

  /**
   * The 8-bit image whose plain target these cells are; what lies outside of 0..255 is cut off.
   *
   * @param cells [(size/cellSize)^2, 3*cellSize*cellSize]
   * @return planes [3, size, size], unsigned
   */
  public static byte[] planes(float[] cells, int size, int cellSize) {
    byte[] planes = new byte[CHANNELS * size * size];
    int side = size / cellSize;
    for (int i = 0; i < cells.length; i++) {
      int channel = i % CHANNELS;
      int x = i / CHANNELS % cellSize;
      int y = i / (CHANNELS * cellSize) % cellSize;
      int cell = i / (CHANNELS * cellSize * cellSize);
      int row = cell / side * cellSize + y;
      int column = cell % side * cellSize + x;
      planes[(channel * size + row) * size + column] = Normalisation.toByte(channel, cells[i]);
    }
    return planes;
  }

  /**
   * Targets of an 8-bit image, which is mean/std normalised on the way.
   *
   * @param planes [3, size, size], unsigned
   * @param out per level an array that receives the image's 3*size*size numbers from {@code
   *     sample*3*size*size} on
   */
  @Override
  public void extract(byte[] planes, float[][] out, int sample) {
    requireLength(planes.length);
    for (int channel = 0; channel < CHANNELS; channel++) {
      float[] normalised = Normalisation.of(channel);
      int plane = channel * size * size;
      for (int i = 0, at = channel; i < size * size; i++, at += CHANNELS) {
        picture[at] = normalised[planes[plane + i] & 0xff];
      }
    }
    write(out, sample);
  }

  /**
   * As {@link #extract(byte[], float[][], int)}.
   *
   * @param planes [3, size, size], mean/std normalised
   */
  public void extract(float[] planes, float[][] out, int sample) {
    requireLength(planes.length);
    for (int channel = 0; channel < CHANNELS; channel++) {
      int plane = channel * size * size;
      for (int i = 0, at = channel; i < size * size; i++, at += CHANNELS) {
        picture[at] = planes[plane + i];
      }
    }
    write(out, sample);
  }

  private void write(float[][] out, int sample) {
    if (perCell) {
      sumFinestCells();
    }
    int offset = sample * picture.length;
    for (int k = 0; k < cellSizes.length; k++) {
      int twin = firstOfSize(cellSizes[k]);
      if (twin < k) {
        System.arraycopy(out[twin], offset, out[k], offset, picture.length);
      } else {
        writeLevel(cellSizes[k], out[k], offset);
      }
    }
  }

  private int firstOfSize(int cellSize) {
    int k = 0;
    while (cellSizes[k] != cellSize) {
      k++;
    }
    return k;
  }

  /** Lane by lane first: sums along a row would wait for one another. */
  private void sumFinestCells() {
    int width = CHANNELS * size;
    int side = size / finest;
    for (int band = 0; band < side; band++) {
      Arrays.fill(laneSums, 0);
      Arrays.fill(laneSquares, 0);
      for (int y = band * finest; y < (band + 1) * finest; y++) {
        addRow(y * width);
      }
      for (int column = 0, lane = 0; column < side; column++) {
        double sum = 0;
        double square = 0;
        for (int end = lane + CHANNELS * finest; lane < end; lane++) {
          sum += laneSums[lane];
          square += laneSquares[lane];
        }
        sums[band * side + column] = sum;
        squares[band * side + column] = square;
      }
    }
  }

  private void addRow(int start) {
    for (int i = 0; i < laneSums.length; i++) {
      double value = picture[start + i];
      laneSums[i] += value;
      laneSquares[i] += value * value;
    }
  }

  private void writeLevel(int cellSize, float[] out, int offset) {
    int side = size / cellSize;
    int width = CHANNELS * size;
    int run = CHANNELS * cellSize;
    for (int band = 0; band < side; band++) {
      if (perCell) {
        spreadStatistics(band, cellSize);
      }
      for (int y = 0; y < cellSize; y++) {
        System.arraycopy(picture, (band * cellSize + y) * width, row, 0, width);
        if (perCell) {
          normaliseRow();
        }
        int goal = offset + (band * side * cellSize + y) * run;
        for (int from = 0; from < width; from += run, goal += cellSize * run) {
          System.arraycopy(row, from, out, goal, run);
        }
      }
    }
  }

  /** Mean and scale of every cell of a band of cells, one copy a number of a row. */
  private void spreadStatistics(int band, int cellSize) {
    int factor = cellSize / finest;
    int fineSide = size / finest;
    int run = CHANNELS * cellSize;
    double n = (double) run * cellSize;
    for (int column = 0; column < size / cellSize; column++) {
      double sum = 0;
      double square = 0;
      for (int y = band * factor; y < (band + 1) * factor; y++) {
        for (int x = column * factor; x < (column + 1) * factor; x++) {
          sum += sums[y * fineSide + x];
          square += squares[y * fineSide + x];
        }
      }
      double average = sum / n;
      double variance = Math.max(0, (square - sum * average) / (n - 1));
      // In two parts: nearly flat cells are scaled up a thousandfold, the mean's rounding with
      // them.
      float rounded = (float) average;
      Arrays.fill(mean, column * run, (column + 1) * run, rounded);
      Arrays.fill(meanRest, column * run, (column + 1) * run, (float) (average - rounded));
      float inverse = (float) (1 / Math.sqrt(variance + VARIANCE_FLOOR));
      Arrays.fill(scale, column * run, (column + 1) * run, inverse);
    }
  }

  private void normaliseRow() {
    for (int i = 0; i < row.length; i++) {
      row[i] = (row[i] - mean[i] - meanRest[i]) * scale[i];
    }
  }

  private void requireLength(int length) {
    require(length == picture.length, "3 planes of " + size + "x" + size, length);
  }

  private static void require(boolean condition, String wanted, Object found) {
    if (!condition) {
      throw new IllegalArgumentException("Pixel targets need " + wanted + ", got " + found);
    }
  }
}
