package org.sparkmim.data.image;

import org.sparkmim.data.order.SampleRandom;

/**
 * Cuts a box out of a picture and resizes it to square planes: antialiased bicubic, rounded to 8
 * bits after the horizontal and after the vertical pass. Keeps its buffers; one a thread.
 */
public final class Resampler {
  private static final int BAND_ROWS = 112;

  private final ResampleAxis across = new ResampleAxis();
  private final ResampleAxis down = new ResampleAxis();
  private byte[] row0 = new byte[0];
  private byte[] row1 = new byte[0];
  private byte[] row2 = new byte[0];
  private byte[] row3 = new byte[0];
  private int[][] columns = new int[0][];
  private int[][] narrowed = new int[0][];
  private int[] sums = new int[0];

  /**
   * Resizes {@code box} to size x size.
   *
   * @param flip whether to mirror left to right
   * @param planes receives RGB planes [3, size, size]
   */
  public void crop(Raster picture, CropBox box, int size, boolean flip, byte[] planes) {
    across.plan(box.width(), size, 0, size);
    down.plan(box.height(), size, 0, size);
    run(picture, box, size, size, flip, planes);
  }

  /**
   * Crops as {@code augmentation} says, from the sample's numbers alone.
   *
   * @param random of the sample's crop
   * @param flip whether to mirror left to right
   * @param planes receives RGB planes [3, size, size]
   */
  public void crop(
      Raster picture,
      Augmentation augmentation,
      SampleRandom random,
      int size,
      boolean flip,
      byte[] planes) {
    switch (augmentation.crop()) {
      case RANDOM_RESIZED ->
          crop(
              picture,
              CropBox.random(random, picture.width(), picture.height(), augmentation),
              size,
              flip,
              planes);
      case SIMPLE -> {
        int[] resized = shortSideTo(picture.width(), picture.height(), size);
        down.plan(picture.height(), resized[1], paddedStart(random, resized[1], size), size);
        across.plan(picture.width(), resized[0], paddedStart(random, resized[0], size), size);
        CropBox whole = new CropBox(0, 0, picture.width(), picture.height());
        run(picture, whole, size, size, flip, planes);
      }
    }
  }

  /** Where a crop begins on a padded side, 0 the first pixel that is not padding. */
  private static int paddedStart(SampleRandom random, int length, int size) {
    long starts = (long) length + 2 * Crop.PADDING - size + 1;
    return random.nextInt((int) Math.min(Integer.MAX_VALUE, starts)) - Crop.PADDING;
  }

  /**
   * Resizes the whole picture so that its short side is {@code shortSide}, and cuts the central
   * size x size out of it, as torchvision's Resize and CenterCrop do.
   *
   * @param planes receives RGB planes [3, size, size]
   */
  public void centre(Raster picture, int shortSide, int size, byte[] planes) {
    int[] resized = shortSideTo(picture.width(), picture.height(), shortSide);
    int left = (int) Math.rint((resized[0] - size) / 2.0);
    int top = (int) Math.rint((resized[1] - size) / 2.0);
    across.plan(picture.width(), resized[0], left, size);
    down.plan(picture.height(), resized[1], top, size);
    CropBox whole = new CropBox(0, 0, picture.width(), picture.height());
    run(picture, whole, size, size, false, planes);
  }

  /**
   * Resizes the whole picture.
   *
   * @param planes receives RGB planes [3, height, width]
   */
  public void resize(Raster picture, int width, int height, byte[] planes) {
    across.plan(picture.width(), width, 0, width);
    down.plan(picture.height(), height, 0, height);
    CropBox whole = new CropBox(0, 0, picture.width(), picture.height());
    run(picture, whole, width, height, false, planes);
  }

  /** Width and height after resizing the shorter of them to {@code shortSide}. */
  public static int[] shortSideTo(int width, int height, int shortSide) {
    return width <= height
        ? new int[] {shortSide, longSide(shortSide, height, width)}
        : new int[] {longSide(shortSide, width, height), shortSide};
  }

  private static int longSide(int shortSide, int longer, int shorter) {
    return (int) Math.min(Integer.MAX_VALUE, (long) shortSide * longer / shorter);
  }

  private void run(
      Raster picture, CropBox whole, int width, int height, boolean flip, byte[] planes) {
    int left = across.lowest(width);
    CropBox box =
        new CropBox(whole.left() + left, whole.top(), across.end(width) - left, whole.height());
    int top = down.lowest(height);
    int bottom = down.end(height);
    int bands = (bottom - top + BAND_ROWS - 1) / BAND_ROWS;
    int bandRows = (bottom - top + bands - 1) / bands;
    reserve(box.width(), Math.max(3 * bandRows, 3 * width), width, bottom - top);
    for (int from = top; from < bottom; from += bandRows) {
      int rows = Math.min(bandRows, bottom - from);
      turn(picture, box, from, rows);
      for (int x = 0; x < width; x++) {
        across.apply(x, columns, -left, 3 * rows, sums);
        turnBack(from - top, rows, width, flip ? width - 1 - x : x);
      }
    }
    for (int y = 0; y < height; y++) {
      down.apply(y, narrowed, -top, 3 * width, sums);
      for (int channel = 0; channel < 3; channel++) {
        store(channel * width, width, planes, (channel * height + y) * width);
      }
    }
  }

  private void reserve(int boxWidth, int lines, int width, int rows) {
    columns = atLeast(columns, boxWidth + ResampleAxis.SLACK, 3 * BAND_ROWS);
    narrowed = atLeast(narrowed, rows + ResampleAxis.SLACK, 3 * width);
    if (sums.length < lines) {
      sums = new int[lines];
    }
    if (row0.length < 3 * boxWidth) {
      row0 = new byte[3 * boxWidth];
      row1 = new byte[3 * boxWidth];
      row2 = new byte[3 * boxWidth];
      row3 = new byte[3 * boxWidth];
    }
  }

  /** At least that many arrays, all of one length and at least that long; keeps what suffices. */
  private static int[][] atLeast(int[][] arrays, int count, int length) {
    int had = arrays.length == 0 ? 0 : arrays[0].length;
    if (arrays.length >= count && had >= length) {
      return arrays;
    }
    return new int[Math.max(count, arrays.length)][Math.max(length, had)];
  }

  /**
   * Reads rows as columns, each [3, rows]: then both passes are sums of whole arrays. Four rows at
   * a time: each visit to a column's cache line then writes four numbers.
   */
  private void turn(Raster picture, CropBox box, int from, int rows) {
    int y = 0;
    for (; y + 4 <= rows; y += 4) {
      read(picture, box, from + y, row0);
      read(picture, box, from + y + 1, row1);
      read(picture, box, from + y + 2, row2);
      read(picture, box, from + y + 3, row3);
      turnFour(box.width(), y, rows);
    }
    for (; y < rows; y++) {
      read(picture, box, from + y, row0);
      turnOne(box.width(), y, rows);
    }
  }

  private static void read(Raster picture, CropBox box, int y, byte[] row) {
    picture.read(box.top() + y, box.left(), box.width(), row);
  }

  private void turnFour(int width, int y, int rows) {
    for (int x = 0, i = 0; x < width; x++) {
      int[] column = columns[x];
      for (int at = y; at < 3 * rows; at += rows, i++) {
        column[at] = row0[i] & 0xff;
        column[at + 1] = row1[i] & 0xff;
        column[at + 2] = row2[i] & 0xff;
        column[at + 3] = row3[i] & 0xff;
      }
    }
  }

  private void turnOne(int width, int y, int rows) {
    for (int x = 0, i = 0; x < width; x++) {
      for (int at = y; at < 3 * rows; at += rows, i++) {
        columns[x][at] = row0[i] & 0xff;
      }
    }
  }

  private void turnBack(int from, int rows, int width, int x) {
    for (int y = 0; y < rows; y++) {
      int[] row = narrowed[from + y];
      row[x] = sums[y];
      row[width + x] = sums[rows + y];
      row[2 * width + x] = sums[2 * rows + y];
    }
  }

  private void store(int from, int width, byte[] planes, int at) {
    for (int x = 0; x < width; x++) {
      planes[at + x] = (byte) sums[from + x];
    }
  }
}
