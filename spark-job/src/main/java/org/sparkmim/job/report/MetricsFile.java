package org.sparkmim.job.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.sparkmim.job.MimException;
import org.sparkmim.job.report.Curve.Round;

/** Reads {@code metrics.jsonl}. */
final class MetricsFile {

  private static final ObjectMapper JSON = new ObjectMapper();

  private MetricsFile() {}

  /**
   * The rounds of a run that count; one of which nothing was kept does not. A last line that is
   * being written, or was when the process died, is left out.
   *
   * @param heads losses that every line must have
   * @param where named in messages
   * @throws MimException (input) for any other line that is no round of such a model
   */
  static List<Round> rounds(String text, int heads, String where) {
    List<Round> rounds = new ArrayList<>();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      boolean unfinished = i == lines.length - 1;
      if (lines[i].isBlank() || isSkipped(lines[i])) {
        continue;
      }
      Optional<Round> round = round(lines[i], heads);
      if (round.isPresent()) {
        rounds.add(round.get());
      } else if (!unfinished) {
        throw MimException.input(
            "Cannot read line "
                + (i + 1)
                + " of "
                + where
                + ": it is not a round of a model with "
                + heads
                + (heads == 1 ? " loss" : " losses")
                + ". Was the file edited, or is it of another run?");
      }
    }
    return rounds;
  }

  private static boolean isSkipped(String line) {
    try {
      return JSON.readTree(line).has("skipped");
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static Optional<Round> round(String line, int heads) {
    try {
      JsonNode node = JSON.readTree(line);
      JsonNode losses = node.path("losses");
      if (losses.size() != heads || !node.path("epoch").isNumber()) {
        return Optional.empty();
      }
      double[] values = new double[heads];
      for (int head = 0; head < heads; head++) {
        values[head] = losses.get(head).asDouble();
      }
      return Optional.of(
          new Round(
              node.path("epoch").asDouble(),
              values,
              node.path("lr").asDouble(),
              node.path("images_per_second").asDouble(),
              node.path("samples").asLong(),
              node.path("seconds").path("round").asDouble()));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
