package org.sparkmim.job.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.sparkmim.job.round.RoundCost;

/**
 * What rounds cost beside training.
 *
 * @param parameters of the model; a state is three floats for each
 * @param rounds in order; the first also starts Spark's executors and takes memory from the system
 * @param collectSeconds to bring a state to the driver, as a commit does
 * @param collectBytes of it that came from other processes
 * @param peak most bytes resident in the driver's process at once
 */
public record RoundRates(
    int workers,
    long parameters,
    List<Round> rounds,
    double collectSeconds,
    long collectBytes,
    long peak) {
  private static final long STATE_BYTES = 3L * Float.BYTES;

  public RoundRates {
    rounds = List.copyOf(rounds);
  }

  /**
   * A round.
   *
   * @param seconds from the end of the round before, or the begin, to its end
   * @param resident bytes of the driver's process after it
   */
  public record Round(double seconds, RoundCost cost, long resident) {}

  /** For people. */
  public String text() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d parameters, a state of %,d MiB; %d workers, %d rounds, the first apart",
            parameters,
            parameters * STATE_BYTES >> 20,
            workers,
            rounds.size()));
    lines.add(String.format("%-22s %8s %8s %8s %8s", "seconds", "median", "min", "max", "first"));
    phases()
        .forEach(
            (name, seconds) -> {
              Spread spread = spread(seconds);
              lines.add(
                  String.format(
                      Locale.ROOT,
                      "%-22s %8.3f %8.3f %8.3f %8.3f",
                      name,
                      spread.median(),
                      spread.smallest(),
                      spread.largest(),
                      seconds.applyAsDouble(rounds.get(0))));
            });
    lines.add(String.format("%-35s %12s %12s", "bytes between processes", "a round", "first"));
    links()
        .forEach(
            (name, bytes) ->
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "%-35s %,12d %,12d",
                        name,
                        (long) spread(bytes).median(),
                        (long) bytes.applyAsDouble(rounds.get(0)))));
    lines.add(
        "The driver sends a state to each worker before the first round only, however many there"
            + " are.");
    lines.add(
        String.format(
            Locale.ROOT,
            "A commit first brings the state to the driver, once more: %.3f s, %,d bytes.",
            collectSeconds,
            collectBytes));
    lines.add(
        String.format(
            Locale.ROOT,
            "resident in the driver: %,d MiB after the second round, %,d MiB after the last, peak %,d"
                + " MiB",
            rounds.get(1).resident() >> 20,
            rounds.get(rounds.size() - 1).resident() >> 20,
            peak >> 20));
    return String.join(System.lineSeparator(), lines);
  }

  /** For machines. */
  public String json() {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("workers", workers).put("parameters", parameters);
    node.put("state_bytes", parameters * STATE_BYTES).put("rounds", rounds.size());
    ObjectNode seconds = node.putObject("seconds");
    phases()
        .forEach(
            (name, of) ->
                spread(of)
                    .addTo(seconds.putObject(name.replace(' ', '_')))
                    .put("first", of.applyAsDouble(rounds.get(0))));
    ObjectNode bytes = node.putObject("bytes");
    links()
        .forEach(
            (name, of) ->
                bytes
                    .putObject(name.replace(' ', '_'))
                    .put("median", (long) spread(of).median())
                    .put("first", (long) of.applyAsDouble(rounds.get(0))));
    node.putObject("collect").put("seconds", collectSeconds).put("bytes", collectBytes);
    node.put("resident_second_round_bytes", rounds.get(1).resident());
    node.put("resident_last_round_bytes", rounds.get(rounds.size() - 1).resident());
    node.put("peak_resident_bytes", peak);
    return node.toString();
  }

  private static Map<String, ToDoubleFunction<Round>> phases() {
    Map<String, ToDoubleFunction<Round>> phases = new LinkedHashMap<>();
    phases.put("round", Round::seconds);
    phases.put("hand out, copy in", round -> round.cost().handOutSeconds());
    phases.put("copy out, slice", round -> round.cost().offerSeconds());
    phases.put("exchange slices", round -> round.cost().fetchSeconds());
    phases.put("average", round -> round.cost().meanSeconds());
    phases.put("other", round -> round.cost().otherSeconds());
    return phases;
  }

  private static Map<String, ToDoubleFunction<Round>> links() {
    Map<String, ToDoubleFunction<Round>> links = new LinkedHashMap<>();
    links.put("workers to averagers", round -> round.cost().workersToAveragersBytes());
    links.put("averagers to averagers", round -> round.cost().averagersToAveragersBytes());
    links.put("averagers to workers", round -> round.cost().averagersToWorkersBytes());
    links.put("driver to workers", round -> round.cost().driverSentBytes());
    return links;
  }

  /** Bytes between processes in a round, of all workers, once all have the state. */
  long roundBytes() {
    return links().values().stream().mapToLong(of -> (long) spread(of).median()).sum();
  }

  private Spread spread(ToDoubleFunction<Round> value) {
    return Spread.of(rounds.stream().skip(1).mapToDouble(value).toArray());
  }
}
