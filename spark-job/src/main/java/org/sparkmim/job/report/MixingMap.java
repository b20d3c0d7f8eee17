package org.sparkmim.job.report;

import java.awt.Color;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.sparkmim.model.method.Alignment;
import org.sparkmim.model.method.ModelSpec;

/**
 * MaskAlign's mixing matrix: what of each student block goes into the match with each of the
 * teacher's blocks that count.
 *
 * @param columns student blocks, from 0
 * @param first teacher block of the first row, from 0
 * @param rows one a teacher block, each a weight a student block
 */
record MixingMap(List<Integer> columns, int first, List<float[]> rows) implements LearnedMixture {

  private static final Color NONE = Color.WHITE;
  private static final Color MORE = new Color(0x0B6FB8);
  private static final Color LESS = new Color(0xE07A1F);

  /**
   * The rows that training reached.
   *
   * @param weights {@code [teacher blocks, student blocks]}
   */
  static MixingMap of(ModelSpec spec, float[] weights) {
    Alignment alignment = spec.alignment();
    int depth = alignment.teacher().shape().depth();
    int width = weights.length / depth;
    int first = depth - alignment.levels();
    return new MixingMap(
        spec.taps(),
        first,
        IntStream.range(first, depth)
            .mapToObj(row -> Arrays.copyOfRange(weights, row * width, (row + 1) * width))
            .toList());
  }

  @Override
  public String heading() {
    return "Learned mixing";
  }

  @Override
  public String legend() {
    return "How much of each student block goes into the match with each teacher block: blue above"
        + " zero, orange below.";
  }

  @Override
  public String html() {
    float most = 0;
    for (float[] row : rows) {
      for (float weight : row) {
        most = Math.max(most, Math.abs(weight));
      }
    }
    StringBuilder html =
        new StringBuilder("<div class=\"scroll\"><table class=\"mixing\"><thead><tr><td></td>");
    for (int block : columns) {
      html.append("<th scope=\"col\">student ").append(block + 1).append("</th>");
    }
    html.append("</tr></thead><tbody>");
    for (int row = 0; row < rows.size(); row++) {
      html.append("<tr><th scope=\"row\">teacher ").append(first + row + 1).append("</th>");
      for (float weight : rows.get(row)) {
        html.append(cell(weight, most > 0 ? Math.abs(weight) / most : 0));
      }
      html.append("</tr>");
    }
    return html.append("</tbody></table></div>").toString();
  }

  private static String cell(float weight, double share) {
    return String.format(
        Locale.ROOT,
        "<td style=\"background:%s%s\">%.2f</td>",
        HeatColours.css(HeatColours.mix(NONE, weight < 0 ? LESS : MORE, share)),
        share > 0.85 && weight > 0 ? ";color:#fff" : "",
        weight);
  }
}
