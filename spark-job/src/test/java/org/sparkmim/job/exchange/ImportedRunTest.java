package org.sparkmim.job.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkmim.job.cli.PretrainJob;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.job.evaluate.Evaluation;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.report.Report;
import org.sparkmim.job.round.TinyImages;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.InitialValues;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.weights.FloatSource;
import org.sparkmim.model.weights.Part;
import org.sparkmim.model.weights.Safetensors;
import org.sparkmim.model.weights.Tensor;

/** What a run that was imported can do: be evaluated, reported and trained on. */
class ImportedRunTest {
  private static final Recipe RECIPE =
      Recipe.load(
          Optional.empty(),
          Map.ofEntries(
              Map.entry("model.arch", "custom"),
              Map.entry("model.image-size", "32"),
              Map.entry("model.patch-size", "8"),
              Map.entry("model.width", "16"),
              Map.entry("model.depth", "4"),
              Map.entry("model.heads", "2"),
              Map.entry("model.decoder", "{width = 16, depth = 1, heads = 2}"),
              Map.entry("model.taps", "[0, 1, 2, 3]"),
              Map.entry("train.seed", "5"),
              Map.entry("train.batch-size", "4"),
              Map.entry("train.local-steps", "2"),
              Map.entry("train.epochs", "1"),
              Map.entry("train.warmup-epochs", "0.5"),
              Map.entry("evaluate.after", "none"),
              Map.entry("evaluate.batch-size", "12")));

  @TempDir static Path shared;
  private static SparkSession spark;
  private static String dataset;
  private static String heldOut;
  private static Path untrained;

  @TempDir Path directory;

  @BeforeAll
  static void draw() throws IOException {
    dataset = TinyImages.dataset(shared, 21).toString();
    heldOut = TinyImages.dataset(shared.resolve("held-out"), 9).toString();
    spark = SparkSessions.open("tests", Optional.of("local[3,3]"), 3);
    untrained = shared.resolve("untrained.safetensors");
    ModelTensors model = ModelTensors.of(ModelSpec.from(RECIPE.section("model")));
    ParameterLayout layout = model.layout();
    Map<String, List<Long>> shapes = model.shapes(Part.FULL);
    try (FloatPointer drawn = new FloatPointer(layout.size())) {
      InitialValues.draw(layout, 5, new OffHeap(drawn, layout.size()));
      List<Tensor> tensors = new ArrayList<>();
      layout
          .entries()
          .forEach(
              entry ->
                  tensors.add(
                      Tensor.floats(
                          entry.name(),
                          shapes.get(entry.name()),
                          FloatSource.of(drawn, entry.offset()))));
      model
          .fixed()
          .forEach(
              fixed ->
                  tensors.add(
                      Tensor.floats(fixed.name(), shapes.get(fixed.name()), fixed.numbers())));
      Safetensors.write(untrained, Map.of(), tensors);
    }
  }

  /** The weights that training would have drawn itself lead to the weights that it would reach. */
  @Test
  void trainingGoesOnFromTheImportedWeightsAsFromItsOwn() throws IOException {
    String run = run("run");
    StringWriter said = new StringWriter();
    Checkpoint last = train(run, said);
    assertThat(said.toString()).contains("Continuing").contains("from step-00000000");
    assertThat(last.record().hasDataset()).isTrue();

    Checkpoint own = train(directory.resolve("own").toString(), new StringWriter());
    assertThat(own.name()).isEqualTo(last.name());
    for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
      assertThat(Path.of(last.directory().toUri()).resolve(file))
          .hasSameBinaryContentAs(Path.of(own.directory().toUri()).resolve(file));
    }
  }

  @Test
  void itsScoreIsThatOfItsWeights() {
    Checkpoint checkpoint = Checkpoint.open(hadoop(), run("run"));
    Score score =
        new Evaluation(
                spark,
                EvaluateSettings.from(RECIPE.section("evaluate")),
                EngineSpec.from(RECIPE.section("engine")))
            .run(checkpoint, List.of(Stage.KNN), dataset, heldOut)
            .get(0);
    assertThat(score.step()).isZero();
    assertThat(score.accuracy()).isEqualTo(score.untrained());
  }

  @Test
  void itsReportSaysThatItWasImported() throws IOException {
    String run = run("run");
    org.apache.hadoop.fs.Path page =
        new Report(hadoop(), EngineSpec.from(RECIPE.section("engine")))
            .write(run, Optional.empty(), Optional.empty());
    assertThat(Files.readString(Path.of(page.toUri())))
        .contains("Imported weights, not trained here.")
        .contains("has no dataset yet");
  }

  private String run(String name) {
    String run = directory.resolve(name).toString();
    new Import(hadoop(), RECIPE, "test", Optional.empty(), Optional.empty(), "")
        .run(new org.apache.hadoop.fs.Path(untrained.toString()), run, false);
    return run;
  }

  private static Checkpoint train(String run, StringWriter said) {
    return PretrainJob.prepare(RECIPE, hadoop(), dataset, run)
        .run(spark, new PrintWriter(said, true), false)
        .last();
  }

  private static Configuration hadoop() {
    return spark.sparkContext().hadoopConfiguration();
  }
}
