package org.sparkmim.job.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Draws histograms of oriented gradients as strokes: in each cell one stroke per bin, along the
 * edge that the bin stands for, as dark as the bin is strong.
 *
 * <p>Angles follow LocalMIM's target: bin {@code i} of {@code n} holds gradients at {@code theta}
 * in {@code [i, i+1) * pi / n}, measured from the vertical axis ({@code theta = atan2(horizontal,
 * vertical)}, rows downwards). The gradient of the bin's middle is {@code (sin theta, cos theta)}
 * in (x, y), and its edge, perpendicular to it, {@code (cos theta, -sin theta)}.
 */
final class HogDrawing {

  private static final int CHANNELS = 3;
  private static final int SHADES = 16;
  private static final Color PAPER = Color.WHITE;
  private static final Color SEEN = new Color(0xDDE9F7);
  private static final Color INK = new Color(0x14213D);

  private final int bins;
  private final int size;

  /**
   * Drawings of {@code size} x {@code size} pixels.
   *
   * @param bins orientations over 180 degrees
   */
  HogDrawing(int bins, int size) {
    this.bins = bins;
    this.size = size;
  }

  /** Unit vector {x, y} along the edge of a bin, rows downwards. */
  static double[] edge(int bin, int bins) {
    double theta = (bin + 0.5) * Math.PI / bins;
    return new double[] {Math.cos(theta), -Math.sin(theta)};
  }

  /**
   * Draws one scale.
   *
   * @param cells {@code [grid * grid, 3 * bins]}, channel-major within a cell
   * @param seen which cells the encoder saw, {@code [grid * grid]}: they get a tinted ground
   */
  BufferedImage draw(float[] cells, int grid, boolean[] seen) {
    BufferedImage ink = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = ink.createGraphics();
    pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    pen.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    for (int cell = 0; cell < grid * grid; cell++) {
      strokes(pen, strengths(cells, cell), cell, grid);
    }
    pen.dispose();
    return onGround(ink, grid, seen);
  }

  private void strokes(Graphics2D pen, double[] strengths, int cell, int grid) {
    double side = (double) size / grid;
    double x = (cell % grid + 0.5) * side;
    double y = (cell / grid + 0.5) * side;
    double half = 0.46 * side;
    pen.setStroke(
        new BasicStroke(
            (float) Math.max(1.1, side * 0.07), BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    IntStream.range(0, bins)
        .filter(bin -> strengths[bin] > 0)
        .boxed()
        .sorted(Comparator.comparingDouble(bin -> strengths[bin]))
        .forEach(
            bin -> {
              double[] along = edge(bin, bins);
              double dx = half * along[0];
              double dy = half * along[1];
              pen.setColor(shade(strengths[bin]));
              pen.draw(new Line2D.Double(x - dx, y - dy, x + dx, y + dy));
            });
  }

  /** The few shades of the palette keep the file small; dithering them would undo that. */
  private BufferedImage onGround(BufferedImage ink, int grid, boolean[] seen) {
    BufferedImage picture =
        new BufferedImage(size, size, BufferedImage.TYPE_BYTE_INDEXED, palette());
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        int shade = ((ink.getRGB(x, y) & 0xFF) * (SHADES - 1) + 127) / 255;
        boolean tinted = seen[y * grid / size * grid + x * grid / size];
        picture.getRaster().setSample(x, y, 0, tinted ? SHADES + shade : shade);
      }
    }
    return picture;
  }

  /**
   * Mean over the colour channels; what lies below zero, which only a prediction can, is left out.
   */
  private double[] strengths(float[] cells, int cell) {
    double[] strengths = new double[bins];
    for (int bin = 0; bin < bins; bin++) {
      double sum = 0;
      for (int channel = 0; channel < CHANNELS; channel++) {
        sum += cells[(cell * CHANNELS + channel) * bins + bin];
      }
      strengths[bin] = Math.max(0, sum / CHANNELS);
    }
    return strengths;
  }

  /** Full ink at strength 1; squared, so that the main direction stands out. */
  private static Color shade(double strength) {
    float t = (float) Math.min(1, strength * strength * 1.3);
    return new Color(t, t, t);
  }

  private static IndexColorModel palette() {
    byte[] r = new byte[2 * SHADES];
    byte[] g = new byte[2 * SHADES];
    byte[] b = new byte[2 * SHADES];
    for (int i = 0; i < 2 * SHADES; i++) {
      Color c = HeatColours.mix(i < SHADES ? PAPER : SEEN, INK, (i % SHADES) / (SHADES - 1.0));
      r[i] = (byte) c.getRed();
      g[i] = (byte) c.getGreen();
      b[i] = (byte) c.getBlue();
    }
    return new IndexColorModel(8, 2 * SHADES, r, g, b);
  }
}
