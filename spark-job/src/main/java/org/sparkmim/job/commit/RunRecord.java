package org.sparkmim.job.commit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sparkmim.job.MimException;
import org.sparkmim.job.config.Recipe;

/**
 * What a run is: {@code run.json}.
 *
 * @param recipe every key with its value as resolved (JSON) and where it came from
 * @param codeVersion version that wrote the record
 * @param dataset address of the dataset; empty in a run that was imported and has not trained yet
 * @param datasetHash identity of the dataset's content
 * @param samples samples in the dataset
 */
public record RunRecord(
    SortedMap<String, Recipe.Origin> recipe,
    String codeVersion,
    String dataset,
    String datasetHash,
    long samples) {
  static final String NAME = "run.json";
  private static final int FORMAT = 1;
  private static final int LISTED = 5;
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Settings that may change between one start of a run and the next: where it runs, how often it
   * commits, what follows the training. Everything else decides the weights.
   */
  private static final List<String> FREE =
      List.of(
          "run.",
          "evaluate.",
          "report.",
          "data.loader.",
          "data.ingest.",
          "engine.name",
          "engine.targets",
          "train.workers",
          "train.non-finite.",
          "train.checkpoint.");

  public RunRecord {
    recipe = new TreeMap<>(recipe);
  }

  /** The record of a run that was imported: it will train on the first dataset it is given. */
  public static RunRecord withoutDataset(
      SortedMap<String, Recipe.Origin> recipe, String codeVersion) {
    return new RunRecord(recipe, codeVersion, "", "", 0);
  }

  /** Whether the run has trained, or started to. */
  public boolean hasDataset() {
    return !datasetHash.isEmpty();
  }

  byte[] toJson() {
    ObjectNode root = JSON.createObjectNode().put("format", FORMAT).put("code", codeVersion);
    root.putObject("dataset").put("uri", dataset).put("hash", datasetHash).put("samples", samples);
    ObjectNode all = root.putObject("recipe");
    recipe.forEach(
        (key, origin) -> {
          try {
            ObjectNode value = all.putObject(key);
            value.set("value", JSON.readTree(origin.value()));
            value.put("from", origin.source());
          } catch (JsonProcessingException e) {
            throw new IllegalStateException("The value of " + key + " is no JSON", e);
          }
        });
    return root.toPrettyString().getBytes(StandardCharsets.UTF_8);
  }

  static RunRecord fromJson(byte[] bytes, String origin) {
    try {
      JsonNode root = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
      if (root == null || root.path("format").asInt() != FORMAT) {
        throw MimException.input(
            "Cannot read " + origin + ": it is no record of a run, or of a newer version.");
      }
      SortedMap<String, Recipe.Origin> recipe = new TreeMap<>();
      root.path("recipe")
          .fields()
          .forEachRemaining(
              entry ->
                  recipe.put(
                      entry.getKey(),
                      new Recipe.Origin(
                          entry.getValue().path("value").toString(),
                          entry.getValue().path("from").asText())));
      JsonNode data = root.path("dataset");
      return new RunRecord(
          recipe,
          root.path("code").asText(),
          data.path("uri").asText(),
          data.path("hash").asText(),
          data.path("samples").asLong());
    } catch (JsonProcessingException e) {
      throw MimException.input("Cannot read " + origin + ": " + e.getOriginalMessage(), e);
    }
  }

  /** What makes {@code other} another run than this one, one difference an entry; empty if none. */
  List<String> differencesFrom(RunRecord other) {
    List<String> differences = new ArrayList<>();
    if (hasDataset() && !datasetHash.equals(other.datasetHash)) {
      differences.add("it trains on another dataset (" + dataset + ")");
    }
    SortedMap<String, String> mine = deciding();
    SortedMap<String, String> theirs = other.deciding();
    mine.forEach(
        (key, value) -> {
          String asked = theirs.getOrDefault(key, "nothing");
          if (!asked.equals(value)) {
            differences.add(key + " is " + value + " there and " + asked + " here");
          }
        });
    int more = differences.size() - LISTED;
    return more <= 0
        ? differences
        : List.of(String.join("; ", differences.subList(0, LISTED)), more + " more");
  }

  private SortedMap<String, String> deciding() {
    SortedMap<String, String> deciding = new TreeMap<>();
    recipe.forEach(
        (key, origin) -> {
          if (FREE.stream().noneMatch(key::startsWith)) {
            deciding.put(key, plain(origin.value()));
          }
        });
    return deciding;
  }

  /** An override "3" and a recipe's 3 are the same number, 1e-4 and 0.0001 too. */
  private static String plain(String json) {
    String text = json.startsWith("\"") ? json.substring(1, json.length() - 1) : json;
    try {
      return new BigDecimal(text).stripTrailingZeros().toPlainString();
    } catch (NumberFormatException e) {
      return text;
    }
  }
}
