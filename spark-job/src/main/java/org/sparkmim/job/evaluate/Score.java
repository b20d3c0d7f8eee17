package org.sparkmim.job.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sparkmim.job.MimException;

/**
 * Outcome of one evaluation stage on one checkpoint.
 *
 * @param stage {@code knn} or {@code linear}
 * @param step updates that the checkpoint has seen
 * @param feature {@code mean} or {@code cls}
 * @param settings of the stage, such as {@code k}
 * @param classes number of labels
 * @param accuracy share of test images classified rightly, in [0, 1]
 * @param untrained the same for the network as it was initialised, before any update
 * @param seconds that the stage took
 */
public record Score(
    String stage,
    long step,
    String feature,
    SortedMap<String, Double> settings,
    Data train,
    Data test,
    int classes,
    double accuracy,
    double untrained,
    double seconds) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A dataset that took part.
   *
   * @param hash identity of its content
   * @param images used
   */
  public record Data(String uri, String hash, long images) {}

  /** One object with stable keys, indented. */
  public String toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("stage", stage).put("step", step).put("feature", feature);
    ObjectNode chosen = root.putObject("settings");
    settings.forEach((key, value) -> chosen.put(key, value));
    put(root.putObject("train"), train);
    put(root.putObject("test"), test);
    root.put("classes", classes)
        .put("accuracy", accuracy)
        .put("random-init-accuracy", untrained)
        .put("seconds", seconds);
    return root.toPrettyString();
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @param where named in the message when the text is not a score
   */
  public static Score fromJson(String text, String where) {
    try {
      JsonNode root = JSON.readTree(text);
      SortedMap<String, Double> settings = new TreeMap<>();
      root.required("settings")
          .fields()
          .forEachRemaining(e -> settings.put(e.getKey(), e.getValue().asDouble()));
      return new Score(
          root.required("stage").asText(),
          root.required("step").asLong(),
          root.required("feature").asText(),
          settings,
          data(root.required("train")),
          data(root.required("test")),
          root.required("classes").asInt(),
          root.required("accuracy").asDouble(),
          root.required("random-init-accuracy").asDouble(),
          root.required("seconds").asDouble());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw MimException.input(
          "Cannot read the score "
              + where
              + ": "
              + e.getMessage().lines().findFirst().orElse("")
              + ". Remove the file and run mim evaluate again.",
          e);
    }
  }

  /** Whether this is the linear probe as published, and not by L-BFGS. */
  boolean byLars() {
    return settings.containsKey(LarsProbe.BASE_RATE);
  }

  /** The stage as a person says it, with its settings. */
  public String title() {
    return switch (stage) {
      case "knn" ->
          String.format(Locale.ROOT, "kNN (k = %d)", settings.getOrDefault("k", 0.0).intValue());
      case "linear" -> byLars() ? "linear probe (LARS)" : "linear probe";
      default -> stage;
    };
  }

  private static void put(ObjectNode node, Data data) {
    node.put("uri", data.uri()).put("hash", data.hash()).put("images", data.images());
  }

  private static Data data(JsonNode node) {
    return new Data(
        node.required("uri").asText(),
        node.required("hash").asText(),
        node.required("images").asLong());
  }
}
