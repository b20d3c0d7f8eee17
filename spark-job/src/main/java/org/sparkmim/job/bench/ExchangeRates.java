package org.sparkmim.job.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What training moves between processes.
 *
 * @param parameters of the model
 * @param rows the first is what others are compared with
 */
public record ExchangeRates(int workers, long parameters, List<Row> rows) {
  public ExchangeRates {
    rows = List.copyOf(rows);
  }

  /**
   * A way to average.
   *
   * @param localSteps between two averagings
   * @param roundBytes of all workers, in a round
   */
  public record Row(String name, int localSteps, long roundBytes) {
    double bytesAStep() {
      return roundBytes / (double) localSteps;
    }
  }

  private double fewer(Row row) {
    return rows.get(0).bytesAStep() / row.bytesAStep();
  }

  /** For people. */
  public String text() {
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%,d parameters, %d workers", parameters, workers));
    lines.add(
        String.format(
            "%-34s %12s %16s %16s %8s",
            "", "local steps", "bytes a round", "bytes a step", "fewer"));
    for (Row row : rows) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-34s %,12d %,16d %,16.0f %7.1fx",
              row.name(),
              row.localSteps(),
              row.roundBytes(),
              row.bytesAStep(),
              fewer(row)));
    }
    lines.add("Bytes between processes, all workers; a step is one of every worker.");
    return String.join(System.lineSeparator(), lines);
  }

  /** For machines. */
  public String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("workers", workers).put("parameters", parameters);
    ArrayNode array = node.putArray("rows");
    for (Row row : rows) {
      array
          .addObject()
          .put("name", row.name())
          .put("local_steps", row.localSteps())
          .put("round_bytes", row.roundBytes())
          .put("bytes_a_step", row.bytesAStep())
          .put("fewer", fewer(row));
    }
    return node.toString();
  }
}
