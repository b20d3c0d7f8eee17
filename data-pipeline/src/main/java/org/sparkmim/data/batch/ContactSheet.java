package org.sparkmim.data.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.global.opencv_imgproc;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.Point;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.sparkmim.data.dataset.Dataset;

/**
 * A PNG that shows what is in a data set: for up to sixteen classes one row each, otherwise
 * pictures spread evenly over it, each captioned by its class.
 */
public final class ContactSheet {
  private static final int COLUMNS = 10;
  private static final int MAX_ROWS = 16;
  private static final int PICTURE = 112;
  private static final int CAPTION = 16;
  private static final int GAP = 4;
  private static final double FONT_SCALE = 0.38;
  private static final int CAPTION_CHARACTERS = 16;

  private ContactSheet() {}

  /**
   * Draws the sheet.
   *
   * @return PNG file content
   */
  public static byte[] png(Dataset dataset) {
    List<long[]> rows = rows(dataset);
    int width = GAP + COLUMNS * (PICTURE + GAP);
    int height = GAP + rows.size() * (PICTURE + CAPTION + GAP);
    byte[] canvas = new byte[3 * width * height];
    Arrays.fill(canvas, (byte) 0xff);
    try (EvaluationBatches pictures = new EvaluationBatches(dataset, PICTURE, PICTURE)) {
      for (int row = 0; row < rows.size(); row++) {
        for (int column = 0; column < rows.get(row).length; column++) {
          byte[] planes = pictures.centreCrop(rows.get(row)[column]);
          paste(planes, canvas, width, left(column), top(row));
        }
      }
    }
    return encode(dataset, rows, canvas, width, height);
  }

  private static int left(int column) {
    return GAP + column * (PICTURE + GAP);
  }

  private static int top(int row) {
    return GAP + row * (PICTURE + CAPTION + GAP);
  }

  private static List<long[]> rows(Dataset dataset) {
    int classes = dataset.labels().size();
    List<long[]> rows = new ArrayList<>();
    if (classes >= 1 && classes <= MAX_ROWS) {
      for (int label = 0; label < classes; label++) {
        int[] ids = idsOf(dataset, label);
        rows.add(spread(ids.length, COLUMNS).map(i -> ids[(int) i]).toArray());
      }
      return rows;
    }
    long[] all = spread(dataset.size(), 8L * COLUMNS).toArray();
    for (int from = 0; from < all.length; from += COLUMNS) {
      rows.add(Arrays.copyOfRange(all, from, Math.min(all.length, from + COLUMNS)));
    }
    return rows;
  }

  private static int[] idsOf(Dataset dataset, int label) {
    int[] labels = dataset.index().label();
    return java.util.stream.IntStream.range(0, labels.length)
        .filter(id -> labels[id] == label)
        .toArray();
  }

  private static java.util.stream.LongStream spread(long available, long wanted) {
    long count = Math.min(available, wanted);
    return java.util.stream.LongStream.range(0, count).map(i -> i * available / count);
  }

  /** Copies RGB planes to the interleaved blue-green-red canvas. */
  private static void paste(byte[] planes, byte[] canvas, int width, int left, int top) {
    int plane = PICTURE * PICTURE;
    for (int y = 0; y < PICTURE; y++) {
      for (int x = 0; x < PICTURE; x++) {
        int goal = 3 * ((top + y) * width + left + x);
        int source = y * PICTURE + x;
        canvas[goal] = planes[2 * plane + source];
        canvas[goal + 1] = planes[plane + source];
        canvas[goal + 2] = planes[source];
      }
    }
  }

  private static byte[] encode(
      Dataset dataset, List<long[]> rows, byte[] canvas, int width, int height) {
    try (BytePointer pixels = new BytePointer(canvas);
        Mat sheet = new Mat(height, width, opencv_core.CV_8UC3, pixels);
        BytePointer encoded = new BytePointer()) {
      for (int row = 0; row < rows.size(); row++) {
        for (int column = 0; column < rows.get(row).length; column++) {
          String caption = caption(dataset, rows.get(row)[column]);
          write(sheet, caption, left(column), top(row) + PICTURE + CAPTION - GAP);
        }
      }
      if (!opencv_imgcodecs.imencode(".png", sheet, encoded)) {
        throw new IllegalStateException("OpenCV could not encode the contact sheet");
      }
      byte[] png = new byte[(int) encoded.limit()];
      encoded.get(png);
      return png;
    }
  }

  /** The class name, in the characters that the built-in font has. */
  private static String caption(Dataset dataset, long id) {
    int label = dataset.index().label()[Math.toIntExact(id)];
    String name = label < 0 ? "#" + id : dataset.labels().get(label);
    String printable = name.replaceAll("[^\\x20-\\x7e]", "?");
    return printable.length() <= CAPTION_CHARACTERS
        ? printable
        : printable.substring(0, CAPTION_CHARACTERS - 2) + "..";
  }

  private static void write(Mat sheet, String text, int x, int y) {
    try (Point at = new Point(x, y);
        Scalar grey = new Scalar(64, 64, 64, 0)) {
      opencv_imgproc.putText(
          sheet,
          text,
          at,
          opencv_imgproc.FONT_HERSHEY_SIMPLEX,
          FONT_SCALE,
          grey,
          1,
          opencv_imgproc.LINE_AA,
          false);
    }
  }
}
