package org.sparkmim.job.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line chart as inline SVG that scales with the page.
 *
 * @param title accessible name
 * @param across what the horizontal axis counts
 * @param fromZero whether the vertical axis starts at zero rather than near the least value
 */
record LineChart(String title, String across, boolean fromZero, List<Series> series) {

  private static final int WIDTH = 560;
  private static final int HEIGHT = 260;
  private static final int LEFT = 58;
  private static final int RIGHT = 14;
  private static final int TOP = 12;
  private static final int BOTTOM = 40;
  private static final int MOST_POINTS = 400;

  /**
   * One line.
   *
   * @param xs ascending
   * @param ys as many, finite
   * @param smoothed whether a running mean is drawn over a pale line of the values themselves
   */
  record Series(String name, String colour, double[] xs, double[] ys, boolean smoothed) {}

  String svg() {
    Range x = Range.of(series.stream().map(Series::xs).toList(), true);
    Range y = Range.of(series.stream().map(Series::ys).toList(), fromZero).padded(fromZero);
    StringBuilder out = new StringBuilder();
    out.append(
        format(
            "<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
            WIDTH, HEIGHT, Html.escape(title)));
    axes(out, x, y);
    for (Series line : series) {
      if (line.smoothed()) {
        polyline(out, line, line.ys(), x, y, "raw");
        polyline(out, line, runningMean(line.ys()), x, y, "line");
      } else {
        polyline(out, line, line.ys(), x, y, "line");
      }
    }
    return out.append("</svg>").toString();
  }

  /** The names of the lines, each behind a dash of its colour; empty for a single line. */
  String legend() {
    if (series.size() < 2) {
      return "";
    }
    StringBuilder out = new StringBuilder("<p class=\"legend\">");
    for (Series line : series) {
      out.append(
          format(
              "<span><i style=\"background:%s\"></i>%s</span>",
              line.colour(), Html.escape(line.name())));
    }
    return out.append("</p>").toString();
  }

  private void axes(StringBuilder out, Range x, Range y) {
    for (double tick : y.ticks(5)) {
      double at = down(tick, y);
      out.append(
          format(
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
              LEFT, WIDTH - RIGHT, at, at, LEFT - 8, at + 4, label(tick, y)));
    }
    for (double tick : x.ticks(7)) {
      out.append(
          format(
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
              right(tick, x), HEIGHT - BOTTOM + 18, label(tick, x)));
    }
    out.append(
        format(
            "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>"
                + "<text class=\"what\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
            LEFT,
            WIDTH - RIGHT,
            HEIGHT - BOTTOM,
            HEIGHT - BOTTOM,
            WIDTH - RIGHT,
            HEIGHT - 4,
            Html.escape(across)));
  }

  private static void polyline(
      StringBuilder out, Series line, double[] ys, Range x, Range y, String kind) {
    StringBuilder points = new StringBuilder();
    for (int i : kept(ys.length)) {
      points.append(format("%.1f,%.1f ", right(line.xs()[i], x), down(ys[i], y)));
    }
    if (ys.length == 1) {
      out.append(
          format(
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>",
              right(line.xs()[0], x), down(ys[0], y), line.colour()));
    }
    out.append(
        format(
            "<polyline class=\"%s\" stroke=\"%s\" points=\"%s\"/>",
            kind, line.colour(), points.toString().strip()));
  }

  /** Indices of at most {@link #MOST_POINTS} points, evenly spread, the last one among them. */
  private static List<Integer> kept(int count) {
    int step = Math.max(1, (count + MOST_POINTS - 1) / MOST_POINTS);
    List<Integer> kept = new ArrayList<>();
    for (int i = (count - 1) % step; i < count; i += step) {
      kept.add(i);
    }
    return kept;
  }

  /** Mean over a window around each point, a twentieth of the line wide and cut at its ends. */
  private static double[] runningMean(double[] ys) {
    int reach = ys.length / 40;
    double[] means = new double[ys.length];
    for (int i = 0; i < ys.length; i++) {
      int near = Math.min(reach, Math.min(i, ys.length - 1 - i));
      double sum = 0;
      for (int j = i - near; j <= i + near; j++) {
        sum += ys[j];
      }
      means[i] = sum / (2 * near + 1);
    }
    return means;
  }

  private static double right(double value, Range x) {
    return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
  }

  private static double down(double value, Range y) {
    return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
  }

  private static String label(double tick, Range range) {
    double largest = Math.max(Math.abs(range.low()), Math.abs(range.high()));
    if (tick == 0) {
      return "0";
    }
    if (largest < 0.01) {
      return format("%.1e", tick).replace("e-0", "e-");
    }
    int digits = (int) Math.max(0, Math.ceil(-Math.log10(range.step(5)) - 1e-9));
    return format("%." + digits + "f", tick);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** What an axis spans. */
  private record Range(double low, double high) {

    static Range of(List<double[]> values, boolean fromZero) {
      double low = fromZero ? 0 : Double.POSITIVE_INFINITY;
      double high = fromZero ? 0 : Double.NEGATIVE_INFINITY;
      for (double[] some : values) {
        for (double v : some) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
      }
      if (!(low <= high)) {
        return new Range(0, 1);
      }
      return low == high
          ? new Range(low, low + Math.max(1e-12, Math.abs(low)))
          : new Range(low, high);
    }

    Range padded(boolean fromZero) {
      double margin = (high - low) * 0.06;
      return new Range(fromZero ? low : low - margin, high + margin);
    }

    double share(double value) {
      return (value - low) / (high - low);
    }

    /** 1, 2 or 5 times a power of ten, so that about {@code count} steps fill the axis. */
    double step(int count) {
      double rough = (high - low) / count;
      double power = Math.pow(10, Math.floor(Math.log10(rough)));
      double lead = rough / power;
      return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
    }

    List<Double> ticks(int count) {
      double step = step(count);
      List<Double> ticks = new ArrayList<>();
      for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
        ticks.add(i * step);
      }
      return ticks;
    }
  }
}
