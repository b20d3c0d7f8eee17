package org.sparkmim.job.demo;

import com.typesafe.config.Config;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestReport;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.cli.CodeVersion;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.LaunchedEvaluation;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.report.Report;
import org.sparkmim.job.round.Pretraining;
import org.sparkmim.job.round.StopRequest;
import org.sparkmim.model.engine.EngineSpec;

/**
 * The whole product on one machine: draws a labelled image set, ingests it, pre-trains a small
 * model, evaluates it and writes its page. Every part is kept, and a part that is there is not made
 * again.
 */
public final class Demo {

  private static final String RECIPE = "demo.conf";
  private static final int TRAIN_IMAGES = 2000;
  private static final int TEST_IMAGES = 400;

  private final Path root;
  private final Map<String, String> overrides;
  private final PrintWriter out;

  /**
   * A demo.
   *
   * @param root directory for everything it makes
   * @param overrides of its recipe
   * @param out told what happens
   */
  public Demo(Path root, Map<String, String> overrides, PrintWriter out) {
    this.root = root.toAbsolutePath().normalize();
    this.overrides = overrides;
    this.out = out;
  }

  /**
   * Does all that is not done yet.
   *
   * @throws MimException (usage) if the directory cannot be used
   */
  public void run() {
    Recipe recipe = recipe();
    say("1/5  Images");
    drawImages(new DemoImages(recipe.section("train").getLong("seed"), TRAIN_IMAGES, TEST_IMAGES));
    int workers = recipe.section("train").getInt("workers");
    SparkSession spark = SparkSessions.open("mim demo", Optional.empty(), workers);
    try (StopRequest stop = StopRequest.onSignals()) {
      say("2/5  Ingest");
      String train = ingest(spark, recipe, "train");
      String test = ingest(spark, recipe, "test");
      recipe = recipe.with("evaluate.test", test, "mim demo");
      LaunchedEvaluation evaluation = evaluation(spark, recipe, train);
      say("3/5  Pre-training on " + workers + " workers");
      Checkpoint last = train(spark, recipe, train, evaluation, stop);
      say("4/5  Evaluation");
      List<Score> scores = evaluation.afterLast(last);
      say("5/5  Report");
      EngineSpec engine = EngineSpec.from(recipe.section("engine"));
      var page =
          new Report(spark.sparkContext().hadoopConfiguration(), engine)
              .write(last.run().toString(), Optional.of(test), Optional.empty());
      results(last, page, scores);
    } finally {
      spark.stop();
    }
  }

  private Recipe recipe() {
    Path file = root.resolve(RECIPE);
    try (InputStream resource = Demo.class.getResourceAsStream(RECIPE)) {
      Files.createDirectories(root);
      Files.copy(resource, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw unwritable(e);
    }
    return Recipe.load(Optional.of(file), overrides);
  }

  private void drawImages(DemoImages images) {
    Path folder = root.resolve("images");
    if (images.isIn(folder)) {
      say("     " + folder + " is there already");
      return;
    }
    if (Files.exists(folder)) {
      throw MimException.usage(
          "Cannot draw the demo's images into "
              + folder
              + ": it holds something else. Remove it, or name another --output.");
    }
    long begin = System.nanoTime();
    try {
      images.write(folder);
    } catch (IOException e) {
      throw unwritable(e);
    }
    say(
        String.format(
            Locale.ROOT,
            "     %,d for training and %,d for testing, of %d classes, in %s (%.0f s)",
            images.train(),
            images.test(),
            ToyClass.values().length,
            folder,
            (System.nanoTime() - begin) / 1e9));
  }

  private String ingest(SparkSession spark, Recipe recipe, String split) {
    Config data = recipe.section("data");
    IngestReport report =
        Ingest.run(
            spark,
            IngestSettings.from(
                data,
                root.resolve("images").resolve(split).toString(),
                root.resolve("data").resolve(split).toString()));
    String quarantine =
        report.manifest().quarantined().entrySet().stream()
            .map(reason -> reason.getValue() + " " + reason.getKey())
            .collect(Collectors.joining(", "));
    say(
        String.format(
            Locale.ROOT,
            "     %s: %,d images%s%s",
            report.output(),
            report.manifest().samples(),
            quarantine.isEmpty() ? "" : ", in quarantine: " + quarantine,
            report.alreadyThere() ? ", there already" : ""));
    return report.output();
  }

  private LaunchedEvaluation evaluation(SparkSession spark, Recipe recipe, String train) {
    LaunchedEvaluation evaluation =
        new LaunchedEvaluation(
            spark,
            EvaluateSettings.from(recipe.section("evaluate")),
            EngineSpec.from(recipe.section("engine")),
            train,
            out);
    evaluation.check();
    return evaluation;
  }

  private Checkpoint train(
      SparkSession spark,
      Recipe recipe,
      String dataset,
      LaunchedEvaluation evaluation,
      StopRequest stop) {
    Pretraining training =
        Pretraining.prepare(
            recipe,
            CodeVersion.current(),
            spark.sparkContext().hadoopConfiguration(),
            dataset,
            root.resolve("run").toString());
    return training.run(
        JavaSparkContext.fromSparkContext(spark.sparkContext()),
        new Pretraining.Surroundings(
            out, System.console() != null, stop, RunObserver.NONE, evaluation::afterCommit));
  }

  private void results(Checkpoint last, org.apache.hadoop.fs.Path page, List<Score> scores) {
    say("");
    say("Report      " + local(page));
    say("Checkpoint  " + local(last.directory()));
    say("Data set    " + root.resolve("data"));
    say("Recipe      " + root.resolve(RECIPE));
    boolean better =
        !scores.isEmpty() && scores.stream().allMatch(s -> s.accuracy() > s.untrained());
    if (better) {
      say("");
      say("The features that the model learnt without labels beat those it started with.");
    }
  }

  private MimException unwritable(IOException e) {
    return MimException.usage(
        "Cannot write to " + root + ": " + e.getMessage() + ". Name another --output.", e);
  }

  private static String local(org.apache.hadoop.fs.Path path) {
    return path.toUri().getPath();
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
