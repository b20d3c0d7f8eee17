package org.sparkmim.job.report;

import java.util.List;
import org.sparkmim.job.evaluate.Score;

/**
 * Everything the page shows.
 *
 * @param title what was trained
 * @param summary one sentence below it
 * @param figures few numbers for the first glance
 * @param tables what ran
 * @param scores of every evaluated checkpoint, oldest first
 * @param exhibition pictures
 */
record ReportContent(
    String title,
    String summary,
    List<Figure> figures,
    List<Table> tables,
    Curve curve,
    List<Score> scores,
    Exhibition exhibition) {

  /** A number and what it counts. */
  record Figure(String value, String what) {}

  /** Facts under a heading. */
  record Table(String heading, List<Fact> facts, boolean folded) {}

  /** A name, a value, and where the value came from (may be empty). */
  record Fact(String name, String value, String source) {}
}
