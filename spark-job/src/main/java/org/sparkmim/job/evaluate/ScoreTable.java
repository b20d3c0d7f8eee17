package org.sparkmim.job.evaluate;

import java.util.List;
import java.util.Locale;

/** Scores side by side for the terminal: untrained against trained. */
public final class ScoreTable {

  private static final String LINE = "%-24s %12s %12s %8s%n";

  private ScoreTable() {}

  /** One line a score, under a head. */
  public static String of(List<Score> scores) {
    StringBuilder out = new StringBuilder();
    out.append(line("top-1 accuracy", "random-init", "pre-trained", "gain"));
    for (Score score : scores) {
      out.append(
          line(
              score.title() + ", " + score.feature(),
              percent(score.untrained()),
              percent(score.accuracy()),
              String.format(Locale.ROOT, "%+.1f", 100 * (score.accuracy() - score.untrained()))));
    }
    for (Score score : scores.subList(0, Math.min(1, scores.size()))) {
      out.append(
          String.format(
              Locale.ROOT,
              "%d classes, %d training and %d test images, step %d%n",
              score.classes(),
              score.train().images(),
              score.test().images(),
              score.step()));
    }
    return out.toString();
  }

  private static String line(String what, String untrained, String trained, String gain) {
    return String.format(Locale.ROOT, LINE, what, untrained, trained, gain);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
