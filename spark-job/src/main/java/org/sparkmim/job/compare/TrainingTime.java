package org.sparkmim.job.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.sparkmim.job.MimException;

/**
 * How long rounds took, their commits included; what starts before the first and ends after the
 * last round does not count.
 *
 * @param images trained on
 */
record TrainingTime(long images, double seconds) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** All rounds of a run. */
  static TrainingTime of(String metrics, String where) {
    return sum(metrics.lines().toList(), where);
  }

  /**
   * The rounds of a run that tell its rate.
   *
   * @param warmUp rounds left out at the start, where engines are compiled; none if there are no
   *     others
   */
  static TrainingTime warm(String metrics, int warmUp, String where) {
    List<String> lines = metrics.lines().toList();
    return sum(lines.size() > warmUp ? lines.subList(warmUp, lines.size()) : lines, where);
  }

  private static TrainingTime sum(List<String> lines, String where) {
    long images = 0;
    double seconds = 0;
    try {
      for (String line : lines) {
        JsonNode round = JSON.readTree(line);
        images += round.required("samples").asLong();
        seconds += round.required("seconds").required("round").asDouble();
        seconds += round.required("seconds").required("commit").asDouble();
      }
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw MimException.input(
          "Cannot read " + where + ": it is not the metrics of a run. Remove the run.", e);
    }
    if (images < 1 || !(seconds > 0)) {
      throw MimException.input("Cannot read " + where + ": it has no rounds. Remove the run.");
    }
    return new TrainingTime(images, seconds);
  }

  double minutes() {
    return seconds / 60;
  }

  double imagesPerSecond() {
    return images / seconds;
  }
}
