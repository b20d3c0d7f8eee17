package org.sparkmim.job.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.MimException;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.demo.DemoImages;

/** The recipes that ship, shrunk until a run takes a second. */
class ComparisonTest {
  private static final Map<String, String> TINY =
      Map.ofEntries(
          Map.entry("model.arch", "custom"),
          Map.entry("model.image-size", "32"),
          Map.entry("model.patch-size", "8"),
          Map.entry("model.width", "16"),
          Map.entry("model.depth", "7"),
          Map.entry("model.heads", "2"),
          Map.entry("model.decoder", "{width = 16, depth = 1, heads = 2}"),
          Map.entry("train.batch-size", "4"),
          Map.entry("train.local-steps", "2"),
          Map.entry("evaluate.batch-size", "8"),
          Map.entry("evaluate.linear", "{l2 = [0.01], iterations = 5}"));

  @TempDir static Path folder;
  private static SparkSession spark;
  private static String train;
  private static String test;

  private final StringWriter said = new StringWriter();

  @BeforeAll
  static void drawImages() throws IOException {
    spark = SparkSessions.open("tests", Optional.of("local[2]"), 2);
    new DemoImages(3, 48, 16).write(folder.resolve("images"));
    train = ingest("train");
    test = ingest("test");
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void everyMethodTrainsForItsShareOfTheTimeAndNothingIsDoneTwice() throws IOException {
    Path output = folder.resolve("comparison");
    ComparisonReport first = compare(output, List.of("mae", "maskalign", "localmim", "mff"));

    assertThat(first.rows())
        .extracting(row -> row.contender().name())
        .containsExactly("localmim", "mae", "maskalign", "mff", "localmim-third");
    assertThat(first.rows()).allSatisfy(row -> assertThat(row.images().value()).isPositive());
    double whole = epochs(output, "localmim");
    assertThat(epochs(output, "localmim-third") / whole).isCloseTo(1.0 / 3, within(1e-9));
    assertThat(recipe(output, "maskalign").at("/model.teacher.weights/value").asText())
        .contains("seed-0/localmim/checkpoints")
        .endsWith("model.safetensors");
    assertThat(output.resolve("comparison.md")).hasContent(first.markdown());

    Files.delete(output.resolve("comparison.json"));
    said.getBuffer().setLength(0);
    ComparisonReport second = compare(output, List.of("mae", "maskalign", "localmim", "mff"));
    assertThat(second.json()).isEqualTo(first.json());
    assertThat(output.resolve("comparison.json")).hasContent(first.json());
    assertThat(said.toString()).doesNotContain("Training into").contains("Already trained");
  }

  @Test
  void aMethodWithoutARecipeIsRefusedBeforeAnythingIsDone() {
    Path output = folder.resolve("nothing");
    assertThatThrownBy(() -> compare(output, List.of("localmim", "beit")))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("compare-beit.conf");
    assertThat(output).doesNotExist();
  }

  private ComparisonReport compare(Path output, List<String> methods) {
    Map<String, String> overrides = new HashMap<>(TINY);
    overrides.put(
        "model.teacher", "{arch = custom, patch-size = 8, width = 16, depth = 7, heads = 2}");
    Comparison.Settings settings =
        new Comparison.Settings(
            Path.of("..", "conf", "recipes"),
            overrides,
            train,
            test,
            output.toString(),
            0.01,
            1,
            methods);
    return new Comparison(settings, spark, new PrintWriter(said)).run();
  }

  private static double epochs(Path output, String name) throws IOException {
    return recipe(output, name).at("/train.epochs/value").asDouble();
  }

  private static JsonNode recipe(Path output, String name) throws IOException {
    Path record = output.resolve("seed-0").resolve(name).resolve("run.json");
    return new ObjectMapper().readTree(Files.readString(record)).get("recipe");
  }

  private static String ingest(String split) {
    Path dataset = folder.resolve(split);
    Ingest.run(
        spark,
        IngestSettings.from(
            Recipe.defaults().section("data"),
            folder.resolve("images").resolve(split).toString(),
            dataset.toString()));
    return dataset.toString();
  }
}
