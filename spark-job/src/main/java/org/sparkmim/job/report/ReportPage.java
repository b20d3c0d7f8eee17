package org.sparkmim.job.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.report.LineChart.Series;

/** Lays the content out as one HTML file that needs nothing else: no script, no link, no server. */
final class ReportPage {

  private static final List<String> HEAD_COLOURS =
      List.of("#0b6fb8", "#2a9d5c", "#e07a1f", "#b5308a", "#6b57c9", "#7a6a3a");
  private static final String TOTAL_COLOUR = "#14213d";

  private final ReportContent content;
  private final StringBuilder out = new StringBuilder();

  private ReportPage(ReportContent content) {
    this.content = content;
  }

  /** The page. */
  static String render(ReportContent content) throws IOException {
    ReportPage page = new ReportPage(content);
    page.head();
    page.scores();
    page.training();
    page.exhibition();
    page.whatRan();
    page.out.append("</main></body></html>\n");
    return page.out.toString();
  }

  private void head() throws IOException {
    add(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
            + "<title>%s</title><style>%s</style></head><body><main>",
        Html.escape(content.title()), style());
    add(
        "<header><h1>%s</h1><p>%s</p><div class=\"figures\">",
        Html.escape(content.title()), Html.escape(content.summary()));
    for (ReportContent.Figure figure : content.figures()) {
      add(
          "<div><b>%s</b><span>%s</span></div>",
          Html.escape(figure.value()), Html.escape(figure.what()));
    }
    add("</div></header>");
  }

  private void scores() {
    add("<section id=\"evaluation\"><h2>Evaluation</h2>");
    if (content.scores().isEmpty()) {
      add("<p class=\"none\">No checkpoint has been evaluated yet: run <code>mim evaluate</code>.");
      add("</p></section>");
      return;
    }
    add(
        "<p>Top-1 accuracy on held-out images with the encoder frozen, beside the same network as"
            + " it was before training. The tick marks chance.</p><div class=\"scroll\"><table"
            + " class=\"scores\"><thead><tr><th>Step</th><th>Stage</th><th>Random-init</th>"
            + "<th>Pre-trained</th><th>Gain</th><th class=\"bars\"></th></tr></thead><tbody>");
    for (Score score : content.scores()) {
      add(
          "<tr><td>%,d</td><td>%s, %s</td><td class=\"num\">%s</td>"
              + "<td class=\"num strong\">%s</td><td class=\"num\">%s</td><td class=\"bars\">%s</td>"
              + "</tr>",
          score.step(),
          Html.escape(score.title()),
          Html.escape(score.feature()),
          percent(score.untrained()),
          percent(score.accuracy()),
          number("%+.1f", 100 * (score.accuracy() - score.untrained())),
          bars(score));
    }
    Score last = content.scores().get(content.scores().size() - 1);
    add(
        "</tbody></table></div><p class=\"note\">%d classes; %,d training images (<code>%s</code>),"
            + " %,d test images (<code>%s</code>).</p></section>",
        last.classes(),
        last.train().images(),
        Html.escape(Report.shown(last.train().uri())),
        last.test().images(),
        Html.escape(Report.shown(last.test().uri())));
  }

  /** The untrained accuracy over the trained one, from 0 to 100 percent. */
  private static String bars(Score score) {
    return number(
        "<svg viewBox=\"0 0 200 26\" role=\"img\" aria-label=\"accuracy\">"
            + "<rect class=\"track\" width=\"200\" height=\"26\" rx=\"3\"/>"
            + "<rect class=\"before\" y=\"3\" width=\"%.1f\" height=\"8\" rx=\"2\"/>"
            + "<rect class=\"after\" y=\"14\" width=\"%.1f\" height=\"9\" rx=\"2\"/>"
            + "<line class=\"chance\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"26\"/></svg>",
        200 * score.untrained(),
        200 * score.accuracy(),
        200.0 / score.classes(),
        200.0 / score.classes());
  }

  private void training() {
    Curve curve = content.curve();
    add("<section id=\"training\"><h2>Training</h2>");
    if (curve.rounds().isEmpty()) {
      add("<p class=\"none\">No round has been recorded yet.</p></section>");
      return;
    }
    double[] x = curve.epochs();
    List<Series> heads = new ArrayList<>();
    for (int head = 0; head < curve.heads().size(); head++) {
      String colour = HEAD_COLOURS.get(head % HEAD_COLOURS.size());
      heads.add(new Series(curve.heads().get(head), colour, x, curve.losses(head), true));
    }
    add(heads.size() > 1 ? "<div class=\"charts\">" : "<div class=\"charts three\">");
    if (heads.size() > 1) {
      chart("Loss per head", new LineChart("Loss per head", "epoch", false, heads));
      chart("Sum of the losses", single("Sum of the losses", x, curve.totals(), true, false));
    } else {
      String name = "Loss of " + curve.heads().get(0);
      chart(name, single(name, x, curve.totals(), true, false));
    }
    chart("Learning rate", single("Learning rate", x, curve.rates(), false, true));
    chart("Images per second", single("Images per second", x, curve.speeds(), true, true));
    add("</div></section>");
  }

  private static LineChart single(
      String name, double[] x, double[] y, boolean smoothed, boolean fromZero) {
    return new LineChart(
        name, "epoch", fromZero, List.of(new Series(name, TOTAL_COLOUR, x, y, smoothed)));
  }

  private void chart(String heading, LineChart chart) {
    add(
        "<figure><figcaption>%s%s</figcaption>%s</figure>",
        Html.escape(heading), chart.legend(), chart.svg());
  }

  private void exhibition() throws IOException {
    Exhibition shown = content.exhibition();
    add("<section id=\"pictures\"><h2>What the network sees and makes of it</h2>");
    if (shown.articles().isEmpty()) {
      add("<p class=\"none\">%s</p>", Html.escape(shown.absence()));
    } else {
      add("<p>%s</p>", Html.escape(shown.legend()));
      for (ColourKey key : shown.keys()) {
        add(
            "<p class=\"key\">%s: %s <i style=\"background:%s\"></i> %s</p>",
            Html.escape(key.what()),
            Html.escape(key.low()),
            HeatColours.gradient(),
            Html.escape(key.high()));
      }
      add("<div class=\"articles\" style=\"--columns:%d\">", shown.columns());
      for (Exhibition.Article article : shown.articles()) {
        article(article);
      }
      add("</div>");
    }
    for (LearnedMixture mixture : shown.mixtures()) {
      add(
          "<h3 class=\"mixture\">%s</h3><p>%s</p>%s",
          Html.escape(mixture.heading()), Html.escape(mixture.legend()), mixture.html());
    }
    add("</section>");
  }

  private void article(Exhibition.Article article) throws IOException {
    add("<article><h3>%s</h3><div class=\"scroll\">", Html.escape(article.name()));
    for (List<Tile> row : article.rows()) {
      add("<div class=\"tiles\">");
      for (Tile tile : row) {
        add(
            "<figure><img alt=\"%s\" src=\"%s\"><figcaption>%s</figcaption></figure>",
            Html.escape(article.name() + ", " + tile.alt()),
            DataUri.png(tile.picture()),
            Html.escape(tile.caption()));
      }
      add("</div>");
    }
    add("</div></article>");
  }

  private void whatRan() {
    add("<section id=\"what-ran\"><h2>What ran</h2><div class=\"tables\">");
    for (ReportContent.Table table : content.tables()) {
      add(
          table.folded() ? "<details class=\"wide\"><summary>%s</summary>" : "<div><h3>%s</h3>",
          Html.escape(table.heading()));
      add("<div class=\"scroll\"><table class=\"facts\"><tbody>");
      for (ReportContent.Fact fact : table.facts()) {
        add(
            "<tr><th>%s</th><td>%s</td>%s</tr>",
            Html.escape(fact.name()),
            Html.escape(fact.value()),
            table.folded() ? "<td class=\"source\">" + Html.escape(fact.source()) + "</td>" : "");
      }
      add("</tbody></table></div>%s", table.folded() ? "</details>" : "</div>");
    }
    add("</div></section>");
  }

  private static String style() throws IOException {
    try (InputStream css = ReportPage.class.getResourceAsStream("report.css")) {
      return new String(css.readAllBytes(), StandardCharsets.UTF_8).replaceAll("\\s+", " ");
    }
  }

  private static String percent(double share) {
    return number("%.1f %%", 100 * share);
  }

  private static String number(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private void add(String pattern, Object... values) {
    out.append(String.format(Locale.ROOT, pattern, values)).append('\n');
  }
}
