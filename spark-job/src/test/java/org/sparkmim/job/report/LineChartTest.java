package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.report.LineChart.Series;

class LineChartTest {

  private static final Pattern POINTS = Pattern.compile("class=\"line\"[^>]*points=\"([^\"]*)\"");

  @Test
  void higherValuesAreDrawnHigherAndLaterOnesFurtherRight() {
    List<double[]> points = points(chart(new double[] {1, 2, 3}, new double[] {5, 7, 6}));

    assertThat(points.get(0)[0]).isLessThan(points.get(1)[0]);
    assertThat(points.get(1)[0]).isLessThan(points.get(2)[0]);
    assertThat(points.get(1)[1]).isLessThan(points.get(2)[1]);
    assertThat(points.get(2)[1]).isLessThan(points.get(0)[1]);
  }

  @Test
  void longLinesAreThinnedButKeepTheirEnd() {
    double[] xs = IntStream.rangeClosed(1, 5001).asDoubleStream().toArray();
    List<double[]> points = points(chart(xs, xs));

    assertThat(points).hasSizeBetween(100, 400);
    assertThat(points.get(points.size() - 1)[0]).isEqualTo(546.0);
  }

  @Test
  void constantAndSingleValuesHaveAnAxis() {
    for (double[] ys : List.of(new double[] {0}, new double[] {3, 3, 3}, new double[0])) {
      double[] xs = IntStream.range(0, ys.length).asDoubleStream().toArray();
      assertThat(chart(xs, ys)).contains("class=\"axis\"").doesNotContain("NaN", "Infinity");
    }
  }

  private static String chart(double[] xs, double[] ys) {
    Series line = new Series("loss", "#000", xs, ys, false);
    return new LineChart("Loss", "epoch", false, List.of(line)).svg();
  }

  private static List<double[]> points(String svg) {
    Matcher line = POINTS.matcher(svg);
    assertThat(line.find()).isTrue();
    return Pattern.compile(" ")
        .splitAsStream(line.group(1))
        .map(xy -> xy.split(","))
        .map(xy -> new double[] {Double.parseDouble(xy[0]), Double.parseDouble(xy[1])})
        .toList();
  }
}
