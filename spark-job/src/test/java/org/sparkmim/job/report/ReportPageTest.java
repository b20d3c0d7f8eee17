package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.report.Curve.Round;

class ReportPageTest {

  private static final Score SCORE =
      new Score(
          "knn",
          1200,
          "mean",
          new TreeMap<>(Map.of("k", 20.0)),
          new Score.Data("data/train", "aa", 2000),
          new Score.Data("data/test", "bb", 400),
          8,
          0.715,
          0.333,
          4);

  private static final Exhibition EMPTY =
      new Exhibition("", List.of(), List.of(), "No pictures were at hand", List.of());

  @Test
  void everySectionIsThere() throws IOException {
    String page = ReportPage.render(content("run", List.of(SCORE), exhibition()));

    assertThat(page)
        .contains("id=\"evaluation\"", "id=\"training\"", "id=\"pictures\"")
        .contains("id=\"what-ran\"")
        .contains("33.3 %", "71.5 %", "+38.2")
        .contains("Loss per head", "Learning rate", "Images per second")
        .contains("<figcaption>original</figcaption>", "alt=\"banded-ball, the image itself\"")
        .contains("how to read", "cosine: 0 <i style=\"background:linear-gradient(")
        .contains("Learned fusion", "25.0 %")
        .contains("train.epochs");
    assertThat(count(page, "src=\"data:image/png;base64,")).isEqualTo(2 + 1);
    assertThat(count(page, "<polyline class=\"line\"")).isEqualTo(4 + 3);
  }

  @Test
  void pageNeedsNothingFromOutside() throws IOException {
    String page = ReportPage.render(content("run", List.of(SCORE), exhibition()));

    Matcher links = Pattern.compile("(?:src|href)=\"([^\"]{0,20})|url\\(|@import").matcher(page);
    while (links.find()) {
      assertThat(links.group(1)).startsWith("data:");
    }
    assertThat(page).doesNotContain("http:", "https:", "<script", "<link");
  }

  @Test
  void singleLossIsDrawnOnce() throws IOException {
    Curve curve =
        new Curve(
            List.of("16 px cells"), List.of(new Round(1, new double[] {.3}, 1e-4, 200, 64, 0.3)));
    String page =
        ReportPage.render(
            new ReportContent("t", "s", List.of(), List.of(), curve, List.of(), EMPTY));

    assertThat(page).contains("Loss of 16 px cells").doesNotContain("Sum of the losses");
    assertThat(count(page, "<polyline class=\"line\"")).isEqualTo(3);
  }

  @Test
  void textFromOutsideIsEscaped() throws IOException {
    String page = ReportPage.render(content("<b>\"run\" & 'more'</b>", List.of(), EMPTY));

    assertThat(page).contains("&lt;b&gt;&quot;run&quot; &amp; &#39;more&#39;&lt;/b&gt;");
    assertThat(page).doesNotContain("<b>\"run\"");
  }

  @Test
  void whatIsMissingIsSaid() throws IOException {
    String page = ReportPage.render(content("run", List.of(), EMPTY));

    assertThat(page).contains("No checkpoint has been evaluated yet", "No pictures were at hand");
  }

  @Test
  void percentSignsInTextSurvive() throws IOException {
    assertThat(ReportPage.render(content("100 %d of %s", List.of(), EMPTY)))
        .contains("<h1>100 %d of %s</h1>");
  }

  @Test
  void scoreSurvivesItsFile() {
    assertThat(Score.fromJson(SCORE.toJson(), "knn.json")).isEqualTo(SCORE);
  }

  private static ReportContent content(String title, List<Score> scores, Exhibition exhibition) {
    Curve curve =
        new Curve(
            List.of("4 px", "8 px", "16 px", "32 px"),
            List.of(
                new Round(0.5, new double[] {.3, .3, .3, .3}, 1e-4, 200, 64, 0.3),
                new Round(1, new double[] {.2, .2, .2, .2}, 2e-4, 210, 64, 0.3)));
    return new ReportContent(
        title,
        "summary",
        List.of(new ReportContent.Figure("1 / 1", "epochs")),
        List.of(
            new ReportContent.Table(
                "Recipe", List.of(new ReportContent.Fact("train.epochs", "1", "default")), true)),
        curve,
        scores,
        exhibition);
  }

  private static Exhibition exhibition() {
    BufferedImage picture = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    return new Exhibition(
        "how to read",
        List.of(new ColourKey("cosine", "0", "1")),
        List.of(
            new Exhibition.Article(
                "banded-ball",
                List.of(
                    List.of(new Tile("original", "the image itself", picture)),
                    List.of(new Tile("target", picture), new Tile("prediction", picture))))),
        "",
        List.of(new FusionBars(List.of(0, 3), new double[] {0.25, 0.75})));
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }
}
