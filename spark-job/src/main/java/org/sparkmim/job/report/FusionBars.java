package org.sparkmim.job.report;

import java.util.List;
import java.util.Locale;
import org.sparkmim.model.method.ModelSpec;

/**
 * MFF's weights of the blocks that its decoder gets, as bars.
 *
 * @param blocks fused, from 0
 * @param shares one a block, sum 1
 */
record FusionBars(List<Integer> blocks, double[] shares) implements LearnedMixture {

  /**
   * The softmax of the trained vector.
   *
   * @param logits one a fused block
   */
  static FusionBars of(ModelSpec spec, float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double[] shares = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = Math.exp(logits[i] - most);
      sum += shares[i];
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= sum;
    }
    return new FusionBars(spec.fused(), shares);
  }

  @Override
  public String heading() {
    return "Learned fusion";
  }

  @Override
  public String legend() {
    return String.format(
        Locale.ROOT,
        "What each fused block contributes to the decoder's input. Training began at %.1f %% each,"
            + " the tick.",
        100.0 / shares.length);
  }

  @Override
  public String html() {
    StringBuilder html = new StringBuilder("<table class=\"fusion\"><tbody>");
    for (int i = 0; i < shares.length; i++) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><th scope=\"row\">block %d</th><td class=\"num\">%.1f %%</td><td"
                  + " class=\"bars\"><svg viewBox=\"0 0 200 12\" aria-hidden=\"true\""
                  + " preserveAspectRatio=\"none\"><rect class=\"track\" width=\"200\""
                  + " height=\"12\"/><rect class=\"after\" width=\"%.1f\" height=\"12\"/><line"
                  + " class=\"chance\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"12\"/></svg></td></tr>",
              blocks.get(i) + 1,
              100 * shares[i],
              200 * shares[i],
              200.0 / shares.length,
              200.0 / shares.length));
    }
    return html.append("</tbody></table>").toString();
  }
}
