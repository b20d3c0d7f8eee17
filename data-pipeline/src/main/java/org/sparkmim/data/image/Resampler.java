package org.sparkmim.data.image;

/**
 * Cuts a box out of a picture and resizes it to square planes: antialiased bicubic, rounded to 8
 * bits after the horizontal and after the vertical pass. Keeps its buffers; one a thread.
 */
public final class Resampler {
  private static final int HALF = 1 << (ResampleAxis.FRACTION_BITS - 1);

  private final ResampleAxis across = new ResampleAxis();
  private final ResampleAxis down = new ResampleAxis();
  private byte[] row = new byte[0];
  private int[] narrowed = new int[0];
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
      Raster picture, CropBox box, int width, int height, boolean flip, byte[] planes) {
    int top = down.first(0);
    int bottom = down.first(height - 1) + down.taps(height - 1);
    reserve(box.width(), width, bottom - top);
    int plane = (bottom - top) * width;
    for (int y = top; y < bottom; y++) {
      picture.read(box.top() + y, box.left(), box.width(), row);
      narrow(width, flip, (y - top) * width, plane);
    }
    for (int channel = 0; channel < 3; channel++) {
      for (int y = 0; y < height; y++) {
        stack(y, width, channel * plane - top * width, planes, (channel * height + y) * width);
      }
    }
  }

  private void reserve(int boxWidth, int width, int rows) {
    if (row.length < 3 * boxWidth) {
      row = new byte[3 * boxWidth];
    }
    int needed = Math.multiplyExact(Math.multiplyExact(3, width), rows);
    if (narrowed.length < needed) {
      narrowed = new int[needed];
    }
    if (sums.length < width) {
      sums = new int[width];
    }
  }

  private void narrow(int width, boolean flip, int at, int plane) {
    int[] weights = across.weights();
    for (int x = 0; x < width; x++) {
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      int pixel = 3 * across.first(x);
      int weight = across.start(x);
      for (int end = weight + across.taps(x); weight < end; weight++, pixel += 3) {
        int w = weights[weight];
        red += w * (row[pixel] & 0xff);
        green += w * (row[pixel + 1] & 0xff);
        blue += w * (row[pixel + 2] & 0xff);
      }
      int goal = at + (flip ? width - 1 - x : x);
      narrowed[goal] = toByteRange(red);
      narrowed[goal + plane] = toByteRange(green);
      narrowed[goal + 2 * plane] = toByteRange(blue);
    }
  }

  /** Weighted sum of narrowed rows; the inner loop is kept plain for the vectoriser. */
  private void stack(int y, int width, int base, byte[] planes, int at) {
    for (int x = 0; x < width; x++) {
      sums[x] = HALF;
    }
    int start = base + down.first(y) * width;
    for (int t = 0; t < down.taps(y); t++) {
      addRow(down.weights()[down.start(y) + t], start + t * width, width);
    }
    for (int x = 0; x < width; x++) {
      planes[at + x] = (byte) toByteRange(sums[x]);
    }
  }

  private void addRow(int weight, int from, int width) {
    for (int x = 0; x < width; x++) {
      sums[x] += weight * narrowed[from + x];
    }
  }

  private static int toByteRange(int sum) {
    return Math.max(0, Math.min(255, sum >> ResampleAxis.FRACTION_BITS));
  }
}
