package org.sparkmim.job.compare;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.cli.CodeVersion;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.RunFiles;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.Evaluation;
import org.sparkmim.job.evaluate.LaunchedEvaluation;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.round.Pretraining;
import org.sparkmim.job.round.StopRequest;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;

/**
 * Pre-trains with several methods for the same minutes, and scores what each has learned.
 *
 * <p>A learning-rate schedule has to know its end, so minutes become epochs before a run: each
 * method's rate is measured first, by a short run of the same settings. Every run is an ordinary
 * run in a directory of its own; one that is finished is not run again.
 */
public final class Comparison {
  /** Rounds of the run that tells a method's rate, and how many of them are not warm yet. */
  private static final int RATE_ROUNDS = 8;

  private static final int WARM_UP = 2;

  /** Share of a run's epochs in which the learning rate rises; MAE's 40 of 800, rounded up. */
  private static final double WARM_UP_SHARE = 0.1;

  private final Settings settings;
  private final SparkSession spark;
  private final Configuration hadoop;
  private final PrintWriter out;

  /** By method, a teacher's before its student's. */
  private final Map<String, Recipe> recipes = new LinkedHashMap<>();

  private final List<Contender> contenders;
  private final long samples;

  /** Until one is measured, that of Imagenette on two cores. */
  private double evaluationSeconds = 60;

  /**
   * What is compared.
   *
   * @param recipes directory with {@code compare-METHOD.conf} for each method
   * @param overrides of all recipes
   * @param train labelled dataset to pre-train on and to learn probes from
   * @param test labelled dataset of held-out images
   * @param output directory for everything
   * @param minutes of pre-training, each
   * @param seeds how often: with the seeds 0, 1, ..
   */
  public record Settings(
      Path recipes,
      Map<String, String> overrides,
      String train,
      String test,
      String output,
      double minutes,
      int seeds,
      List<String> methods) {
    /** Checks numbers; a wrong one is a {@link MimException} (usage). */
    public Settings {
      if (!(minutes > 0) || minutes == Double.POSITIVE_INFINITY) {
        throw MimException.usage("--minutes = " + minutes + " must be above 0, as in 3.");
      }
      if (seeds < 1) {
        throw MimException.usage("--seeds = " + seeds + " must be at least 1.");
      }
      methods = List.copyOf(methods);
    }

    /** The recipe of a method. */
    public Recipe recipe(String method) {
      Path file = recipes.resolve("compare-" + method + ".conf");
      return Recipe.load(Optional.of(file), overrides).with("evaluate.test", test, "--test");
    }
  }

  /** Checks everything that can be checked before the first run. */
  public Comparison(Settings settings, SparkSession spark, PrintWriter out) {
    this.settings = settings;
    this.spark = spark;
    this.out = out;
    hadoop = spark.sparkContext().hadoopConfiguration();
    contenders = Contender.of(settings.methods());
    for (Contender contender : contenders) {
      recipes.computeIfAbsent(contender.method(), settings::recipe);
    }
    recipes.values().forEach(recipe -> evaluation(recipe).check());
    samples = Dataset.open(hadoop, settings.train()).size();
  }

  /** Does all that is not done yet; writes {@code comparison.md} and {@code comparison.json}. */
  public ComparisonReport run() {
    Map<String, TrainingTime> rates = new LinkedHashMap<>();
    for (String method : recipes.keySet()) {
      rates.put(method, rate(method));
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (long seed = 0; seed < settings.seeds(); seed++) {
      for (Contender contender : contenders) {
        double rate = rates.get(contender.method()).imagesPerSecond();
        double epochs = settings.minutes() * 60 * contender.share() * rate / samples;
        announce(contender, seed, outcomes.size(), epochs, rate);
        outcomes.add(outcome(contender, seed, epochs));
      }
    }
    ComparisonReport report =
        ComparisonReport.of(settings.minutes(), settings.seeds(), contenders, outcomes);
    RunFiles files = new RunFiles(hadoop);
    files.write(file("comparison.md"), report.markdown());
    files.write(file("comparison.json"), report.json());
    return report;
  }

  private TrainingTime rate(String method) {
    Recipe recipe = recipes.get(method);
    TrainSettings train = TrainSettings.from(recipe.section("train"));
    long images = (long) RATE_ROUNDS * train.localSteps() * train.workers() * train.batch();
    String directory = file("rates/" + method).toString();
    say(String.format(Locale.ROOT, "Rate of %s, from %,d images", method, images));
    // A teacher's numbers do not change its rate.
    String teacher = file("rates/" + Contender.LOCALMIM).toString();
    train(prepared(recipe, method, teacher, 0, images / (double) samples), directory);
    String metrics = directory + "/" + RunFiles.METRICS;
    TrainingTime rate = TrainingTime.warm(read(metrics), WARM_UP, metrics);
    say(String.format(Locale.ROOT, "  %.0f images/s", rate.imagesPerSecond()));
    return rate;
  }

  private Outcome outcome(Contender contender, long seed, double epochs) {
    Recipe recipe =
        prepared(
            recipes.get(contender.method()),
            contender.method(),
            directory(Contender.LOCALMIM, 0),
            seed,
            epochs);
    String directory = directory(contender.name(), seed);
    Checkpoint last = train(recipe, directory);
    boolean scored = isScored(directory);
    long begin = System.nanoTime();
    List<Score> scores = evaluation(recipe).afterLast(last);
    if (!scored) {
      evaluationSeconds = (System.nanoTime() - begin) / 1e9;
    }
    String metrics = directory + "/" + RunFiles.METRICS;
    return new Outcome(contender, seed, TrainingTime.of(read(metrics), metrics), scores);
  }

  private Recipe prepared(Recipe recipe, String method, String teacher, long seed, double epochs) {
    Recipe timed =
        recipe
            .with("train.seed", seed, "--seeds")
            .with("train.epochs", epochs, "--minutes")
            .with("train.warmup-epochs", WARM_UP_SHARE * epochs, "--minutes");
    return method.equals(Contender.MASKALIGN)
        ? timed.with(
            "model.teacher.weights",
            Checkpoint.open(hadoop, teacher).model().toString(),
            "mim compare")
        : timed;
  }

  private Checkpoint train(Recipe recipe, String directory) {
    Pretraining training =
        Pretraining.prepare(recipe, CodeVersion.current(), hadoop, settings.train(), directory);
    try (StopRequest stop = StopRequest.onSignals(recipe.section("run"))) {
      return training.run(
          JavaSparkContext.fromSparkContext(spark.sparkContext()),
          new Pretraining.Surroundings(
              out, System.console() != null, stop, RunObserver.NONE, checkpoint -> {}));
    }
  }

  private LaunchedEvaluation evaluation(Recipe recipe) {
    return new LaunchedEvaluation(
        spark,
        EvaluateSettings.from(recipe.section("evaluate")),
        EngineSpec.from(recipe.section("engine")),
        settings.train(),
        out);
  }

  private void announce(Contender contender, long seed, int before, double epochs, double rate) {
    double seconds = 0;
    int runs = settings.seeds() * contenders.size();
    for (int run = before; run < runs; run++) {
      Contender other = contenders.get(run % contenders.size());
      if (!isScored(directory(other.name(), run / contenders.size()))) {
        seconds += settings.minutes() * 60 * other.share() + evaluationSeconds;
      }
    }
    say(
        String.format(
            Locale.ROOT,
            "%nRun %d of %d: %s, seed %d: %.2f epochs at %.0f images/s (about %.0f min left)",
            before + 1,
            runs,
            contender.name(),
            seed,
            epochs,
            rate,
            Math.ceil(seconds / 60)));
  }

  private boolean isScored(String directory) {
    return !Evaluation.kept(hadoop, new org.apache.hadoop.fs.Path(directory)).isEmpty();
  }

  private String directory(String name, long seed) {
    return file("seed-" + seed + "/" + name).toString();
  }

  private org.apache.hadoop.fs.Path file(String name) {
    return new org.apache.hadoop.fs.Path(settings.output(), name);
  }

  private String read(String file) {
    return new RunFiles(hadoop).read(new org.apache.hadoop.fs.Path(file));
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
