package org.sparkmim.job.demo;

import com.typesafe.config.Config;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestReport;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.MimException;
import org.sparkmim.job.cli.PretrainJob;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.config.Recipe;

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
    say("1/4  Images");
    drawImages(new DemoImages(recipe.section("train").getLong("seed"), TRAIN_IMAGES, TEST_IMAGES));
    int workers = recipe.section("train").getInt("workers");
    SparkSession spark = SparkSessions.open("mim demo", Optional.empty(), workers);
    try {
      say("2/4  Ingest");
      String train = ingest(spark, recipe, "train");
      String test = ingest(spark, recipe, "test");
      say("3/4  Pre-training on " + workers + " workers");
      PretrainJob job =
          PretrainJob.prepare(
              recipe.with("evaluate.test", test, "mim demo"),
              spark.sparkContext().hadoopConfiguration(),
              train,
              root.resolve("run").toString());
      PretrainJob.Outcome outcome = job.run(spark, out, System.console() != null);
      say("4/4  Results");
      results(outcome);
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

  private void results(PretrainJob.Outcome outcome) {
    say("Report      " + local(outcome.report()));
    say("Checkpoint  " + local(outcome.last().directory()));
    say("Data sets   " + root.resolve("data"));
    say("Recipe      " + root.resolve(RECIPE));
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
