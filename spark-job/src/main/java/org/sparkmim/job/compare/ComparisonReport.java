package org.sparkmim.job.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.sparkmim.job.evaluate.Score;

/**
 * What came of a comparison, in one table.
 *
 * @param minutes of pre-training that were asked for
 * @param teacherMinutes that MaskAlign's teacher was trained for; empty without MaskAlign
 * @param rows at least one
 */
public record ComparisonReport(
    double minutes, int seeds, Optional<Double> teacherMinutes, List<Row> rows) {

  static ComparisonReport of(
      double minutes, int seeds, List<Contender> contenders, List<Outcome> runs) {
    Optional<Double> teacher =
        contenders.stream().anyMatch(Contender::needsTeacher)
            ? runs.stream()
                .filter(run -> run.contender().name().equals(Contender.LOCALMIM))
                .map(run -> run.time().minutes())
                .findFirst()
            : Optional.empty();
    return new ComparisonReport(
        minutes,
        seeds,
        teacher,
        contenders.stream().map(contender -> Row.of(contender, runs)).toList());
  }

  /** A Markdown table and what must be known to read it. */
  public String markdown() {
    StringBuilder text = new StringBuilder();
    text.append("| method | minutes | images seen | images/s | kNN, % | linear probe, % |\n");
    text.append("|---|---|---|---|---|---|\n");
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %,.0f | %.0f | %s | %s |%n",
              row.contender().name(),
              row.minutes().text("%.2f"),
              row.images().value(),
              row.imagesPerSecond().value(),
              scores(row, Row.KNN),
              scores(row, Row.LINEAR)));
    }
    text.append('\n').append(legend());
    claim().ifPresent(text::append);
    return text.toString();
  }

  private static String scores(Row row, String stage) {
    return row.before(stage).percent() + " → " + row.after(stage).percent();
  }

  private String legend() {
    Score score = rows.get(0).sample();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "Random weights → pre-trained, on %,d held-out images of %d classes; probes learn from"
                + " %,d. %s Minutes are measured, of %.2f asked for, from the first round to the"
                + " last.%n",
            score.test().images(),
            score.classes(),
            score.train().images(),
            seeds > 1
                ? "Mean ± standard deviation of " + seeds + " seeds."
                : "One seed: differences of a few points mean nothing.",
            minutes));
    teacherMinutes.ifPresent(
        spent ->
            text.append(
                String.format(
                    Locale.ROOT,
                    "maskalign's teacher is the localmim run of the first seed; its %.2f minutes"
                        + " of training are not counted.%n",
                    spent)));
    return text.toString();
  }

  /** LocalMIM's claim, where there are rows that test it. */
  private Optional<String> claim() {
    Optional<Row> third = row(Contender.THIRD.name());
    return third.map(
        localMim -> {
          Row mae = row(Contender.MAE).orElseThrow();
          return String.format(
              Locale.ROOT,
              "Does LocalMIM reach MAE's score in a third of the time? kNN: %s. Linear probe:"
                  + " %s.%n",
              verdict(localMim, mae, Row.KNN),
              verdict(localMim, mae, Row.LINEAR));
        });
  }

  private static String verdict(Row localMim, Row mae, String stage) {
    Mean reached = localMim.after(stage);
    Mean wanted = mae.after(stage);
    return String.format(
        Locale.ROOT,
        "%s, %s after %.2f minutes against %s after %.2f",
        reached.value() >= wanted.value() ? "yes" : "no",
        reached.percent(),
        localMim.minutes().value(),
        wanted.percent(),
        mae.minutes().value());
  }

  private Optional<Row> row(String name) {
    return rows.stream().filter(row -> row.contender().name().equals(name)).findFirst();
  }

  /** Every run, and the rows of the table. */
  public String json() {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("minutes_asked", minutes).put("seeds", seeds);
    teacherMinutes.ifPresent(spent -> root.put("teacher_minutes_not_counted", spent));
    for (Row row : rows) {
      ObjectNode node = root.withArray("rows").addObject().put("name", row.contender().name());
      node.put("method", row.contender().method()).put("share", row.contender().share());
      row.minutes().addTo(node, "minutes");
      row.images().addTo(node, "images");
      row.imagesPerSecond().addTo(node, "images_per_second");
      for (String stage : List.of(Row.KNN, Row.LINEAR)) {
        row.before(stage).addTo(node, stage + "_before");
        row.after(stage).addTo(node, stage + "_after");
      }
      for (Outcome run : row.runs()) {
        ObjectNode one = node.withArray("runs").addObject().put("seed", run.seed());
        one.put("images", run.time().images()).put("minutes", run.time().minutes());
        for (Score score : run.scores()) {
          one.putObject(score.stage())
              .put("before", score.untrained())
              .put("after", score.accuracy());
        }
      }
    }
    return root.toPrettyString() + "\n";
  }
}
