package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.commit.RunRecord;
import org.sparkmim.job.commit.StateFiles;
import org.sparkmim.job.commit.TensorRange;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.demo.DemoImages;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.job.evaluate.Evaluation;
import org.sparkmim.job.evaluate.LaunchedEvaluation;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.weights.Tensor;

/** A run whose only checkpoint is the untrained network, on drawn images. */
class EvaluateAndReportTest {

  private static final Recipe RECIPE =
      Specs.recipe(
          "localmim",
          List.of(
              "model.taps", "[0, 1, 2, 3]",
              "evaluate.batch-size", "12",
              "evaluate.linear", "{l2 = [0.01], iterations = 10}"));

  @TempDir static Path folder;
  private static SparkSession spark;
  private static String train;
  private static String test;
  private static String run;
  private static Checkpoint checkpoint;

  @BeforeAll
  static void makeRun() throws IOException {
    spark = SparkSessions.open("tests", Optional.of("local[2]"), 2);
    new DemoImages(3, 48, 16).write(folder.resolve("images"));
    train = ingest("train");
    test = ingest("test");
    run = folder.resolve("run").toString();
    checkpoint = commit(RECIPE, run);
    Files.writeString(
        folder.resolve("run/metrics.jsonl"),
        "{\"round\":1,\"step\":6,\"epoch\":1.0,\"samples\":48,\"losses\":[0.4,0.3,0.2,0.1],"
            + "\"lr\":0.001,\"images_per_second\":120,\"seconds\":{\"round\":0.4}}\n{\"round\":2,");
  }

  /** Commits the untrained network of a recipe. */
  private static Checkpoint commit(Recipe recipe, String run) {
    ModelSpec spec = ModelSpec.from(recipe.section("model"));
    Dataset dataset = Dataset.open(hadoop(), train);
    RunRecord record =
        new RunRecord(recipe.origins(), "test", train, dataset.hash(), dataset.size());
    try (RunDirectory directory = RunDirectory.open(hadoop(), run, record, RunObserver.NONE);
        Network network = Network.create(spec, engine(), 1)) {
      network.initialise(5);
      List<TensorRange> ranges =
          network.layout().entries().stream()
              .map(entry -> new TensorRange(entry.name(), longs(entry.shape()), entry.offset()))
              .toList();
      List<Tensor> fixed =
          spec.method().fixedTensors(spec).stream()
              .map(tensor -> Tensor.floats(tensor.name(), longs(tensor.shape()), tensor.numbers()))
              .toList();
      return directory.commit(
          new StateFiles(ranges, fixed, Map.of()),
          FlatState.copyOf(network.state()),
          new Progress(6, 1, 1, 0),
          1);
    }
  }

  private static List<Long> longs(List<Integer> shape) {
    return shape.stream().map(Integer::longValue).toList();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void untrainedCheckpointScoresAsItsBaselineDoes() {
    List<Score> scores =
        evaluation().run(checkpoint, List.of(Stage.KNN, Stage.LINEAR), train, test);

    assertThat(scores).extracting(Score::stage).containsExactly("knn", "linear");
    for (Score score : scores) {
      assertThat(score.accuracy()).isEqualTo(score.untrained());
      assertThat(score.accuracy()).isBetween(1.0 / 16, 1.0);
      assertThat(score.train().images()).isEqualTo(48);
      assertThat(score.test().images()).isEqualTo(16);
      assertThat(score.step()).isEqualTo(6);
    }
    assertThat(Evaluation.kept(hadoop(), new org.apache.hadoop.fs.Path(run))).isEqualTo(scores);
    assertThat(folder.resolve("run/eval/step-00000006/linear.json")).exists();
  }

  @Test
  void keptScoresAreNotComputedAgain() throws IOException {
    Recipe recipe = RECIPE.with("evaluate.test", test, "test");
    StringWriter said = new StringWriter();
    LaunchedEvaluation launched =
        new LaunchedEvaluation(
            spark,
            EvaluateSettings.from(recipe.section("evaluate")),
            engine(),
            train,
            new PrintWriter(said));

    launched.check();
    List<Score> first = launched.afterLast(checkpoint);
    Path file = folder.resolve("run/eval/step-00000006/knn.json");
    var written = Files.getLastModifiedTime(file);
    List<Score> second = launched.afterLast(checkpoint);

    assertThat(second).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(written);
    assertThat(said.toString()).contains("random-init", "pre-trained", "kNN (k = 20), mean");
  }

  @Test
  void trainingImagesAreRefusedAsTest() {
    assertThatThrownBy(() -> evaluation().run(checkpoint, List.of(Stage.KNN), train, train))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("the same images");
  }

  @Test
  void reportShowsTheRun() throws IOException {
    Path page = folder.resolve("page/report.html");

    new Report(hadoop(), engine()).write(run, Optional.of(test), Optional.of(page.toString()));

    String html = Files.readString(page);
    assertThat(html).contains("LocalMIM", "banded-ball", "32 px", "16 px cells, target");
    assertThat(html.split("data:image/png", -1)).hasSize(1 + 8 * (2 + 4 * 2));
    assertThat(html).contains("model.decoder.width", "-D model.width", "step-00000006");
    try (var files = Files.list(page.getParent())) {
      assertThat(files).containsExactly(page);
    }
  }

  @ParameterizedTest(name = "{0} of {1}: {3} pictures an image")
  @CsvSource({
    "mae, pixels, random, 3, 'rebuilt, loss', 'pixels, each cell normalised'",
    "mae, low-frequency, units, 4, 'target, low frequencies', 'in random squares of 16 px'",
    "mff, pixels, block, 3, 'Learned fusion', 'in random rectangles'",
    "mff, hog, random, 4, '8 px cells, target', 'HOG, 9 orientations'",
  })
  void everyMethodAndTargetHasItsPictures(
      String method, String target, String masking, int pictures, String shown, String told) {
    String own = folder.resolve(method + "-" + target).toString();
    commit(
        Specs.recipe(
            method,
            List.of(
                "model.target.kind",
                target,
                "model.masking.strategy",
                masking,
                "model.masking.unit",
                "16",
                "model.mask-ratio",
                "0.5")),
        own);

    String html = report(own);

    assertThat(html).contains(shown, told);
    assertThat(html.split("data:image/png", -1)).hasSize(1 + 8 * pictures);
    assertThat(report(own)).isEqualTo(html);
  }

  @Test
  void alignmentIsShownWithItsTeacherAndSaysWhenThatIsGone() throws IOException {
    Path teacher = folder.resolve("teacher.safetensors");
    Files.copy(Path.of(checkpoint.model().toUri().getPath()), teacher);
    String own = folder.resolve("maskalign").toString();
    commit(Specs.recipe("maskalign", Specs.teacher(teacher.toString(), 3)), own);

    String whole = report(own);
    Files.delete(teacher);
    String rest = report(own);

    assertThat(whole)
        .contains("importance to the teacher", "kept patches", "teacher block 4, mean cosine")
        .contains("Learned mixing");
    assertThat(whole.split("data:image/png", -1)).hasSize(1 + 8 * (3 + 3));
    assertThat(rest)
        .contains("There are no pictures, which take the teacher", teacher.toString())
        .contains("Learned mixing", "features of a frozen teacher")
        .doesNotContain("data:image/png");
  }

  private static String report(String run) {
    try {
      Path page = folder.resolve("page.html");
      new Report(hadoop(), engine()).write(run, Optional.of(test), Optional.of(page.toString()));
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String ingest(String split) {
    Config data = RECIPE.section("data");
    return Ingest.run(
            spark,
            IngestSettings.from(
                data,
                folder.resolve("images").resolve(split).toString(),
                folder.resolve("data").resolve(split).toString()))
        .output();
  }

  private static Evaluation evaluation() {
    return new Evaluation(spark, EvaluateSettings.from(RECIPE.section("evaluate")), engine());
  }

  private static EngineSpec engine() {
    return EngineSpec.from(RECIPE.section("engine"));
  }

  private static Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }
}
