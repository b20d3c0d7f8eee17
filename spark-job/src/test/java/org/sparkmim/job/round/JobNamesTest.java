package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.cli.PretrainJob;
import org.sparkmim.job.config.Recipe;

/** What a person sees in Spark's UI and history server, read from an event log. */
final class JobNamesTest {
  @TempDir Path directory;

  @Test
  void theEventLogTellsRoundsCommitsAndEvaluationsByName() throws Exception {
    Path dataset = TinyImages.dataset(directory, 21);
    Path heldOut = TinyImages.dataset(directory.resolve("other"), 24);
    LocalSpark.context().stop();
    Path log = Files.createDirectory(directory.resolve("events"));
    Recipe recipe =
        Recipe.load(
            Optional.empty(),
            TinyModel.with(
                Map.entry("engine.name", "reference"),
                Map.entry("train.batch-size", "4"),
                Map.entry("train.local-steps", "2"),
                Map.entry("train.epochs", "2"),
                Map.entry("train.warmup-epochs", "0"),
                Map.entry("evaluate.test", heldOut.toString()),
                Map.entry("evaluate.stages", "[knn]")));
    SparkConf conf =
        new SparkConf()
            .setMaster("local[2]")
            .setAppName("names")
            .set("spark.eventLog.enabled", "true")
            .set("spark.eventLog.dir", log.toUri().toString());
    try (SparkSession session = SparkSession.builder().config(conf).getOrCreate()) {
      PretrainJob.prepare(
              recipe,
              session.sparkContext().hadoopConfiguration(),
              dataset.toString(),
              directory.resolve("run").toString())
          .run(session, new PrintWriter(Writer.nullWriter()), false);
    }

    List<JsonNode> events = events(log);
    assertThat(distinct(events, "SparkListenerJobStart", "/Properties/spark.job.description"))
        .containsSequence(
            "round 1 · steps 1-2 · epoch 0.67",
            "round 2 · steps 3-3 · epoch 1.00",
            "round 3 · steps 4-5 · epoch 1.67",
            "round 4 · steps 6-6 · epoch 2.00",
            "commit of round 4 · step 6",
            "evaluation of step 6 · knn");
    assertThat(distinct(events, "SparkListenerStageSubmitted", "/Stage Info/Stage Name"))
        .contains("round 3 · steps 4-5 · epoch 1.67");
  }

  /** Values of a field in their order, each once. */
  private static List<String> distinct(List<JsonNode> events, String kind, String pointer) {
    return events.stream()
        .filter(event -> event.path("Event").asText().equals(kind))
        .map(event -> event.at(pointer).asText())
        .filter(name -> !name.isEmpty())
        .distinct()
        .toList();
  }

  private static List<JsonNode> events(Path log) throws Exception {
    List<JsonNode> events = new ArrayList<>();
    try (Stream<Path> files = Files.list(log)) {
      for (Path file :
          files.filter(path -> !path.getFileName().toString().startsWith(".")).toList()) {
        for (String line : Files.readAllLines(file)) {
          events.add(new ObjectMapper().readTree(line));
        }
      }
    }
    return events;
  }
}
