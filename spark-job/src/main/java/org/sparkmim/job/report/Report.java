package org.sparkmim.job.report;

import com.typesafe.config.Config;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.package$;
import org.sparkmim.job.MimException;
import org.sparkmim.job.cli.CodeVersion;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.RunFiles;
import org.sparkmim.job.commit.RunRecord;
import org.sparkmim.job.evaluate.Evaluation;
import org.sparkmim.job.evaluate.RunRecipe;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.report.ReportContent.Fact;
import org.sparkmim.job.report.ReportContent.Figure;
import org.sparkmim.job.report.ReportContent.Table;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/** Gathers what a run has left behind and writes its {@code report.html}. */
public final class Report {

  /** The page's name in a run's directory. */
  public static final String NAME = "report.html";

  private final Configuration hadoop;
  private final EngineSpec engine;

  /** Reports on runs that the configuration reaches, with that engine for the pictures. */
  public Report(Configuration hadoop, EngineSpec engine) {
    this.hadoop = hadoop;
    this.engine = engine.onHost();
  }

  /**
   * Writes the page.
   *
   * @param run directory of the run
   * @param pictures dataset to show images of; empty: the test dataset of the last score, or else
   *     the one that was trained on
   * @param target file; empty: {@code report.html} in the run
   * @return where it was written
   * @throws MimException (input) if there is no run
   */
  public Path write(String run, Optional<String> pictures, Optional<String> target) {
    Checkpoint checkpoint = Checkpoint.open(hadoop, run);
    Path page = target.map(Path::new).orElse(new Path(checkpoint.run(), NAME));
    try {
      new RunFiles(hadoop).write(page, ReportPage.render(content(checkpoint, pictures)));
    } catch (IOException e) {
      throw MimException.failed("Cannot draw the report of " + run + ": " + e.getMessage(), e);
    }
    return page;
  }

  /** Whether a run has a report, and one of all its metrics and scores. */
  public static boolean isCurrent(Configuration hadoop, Path run) {
    RunFiles files = new RunFiles(hadoop);
    OptionalLong written = files.modified(new Path(run, NAME));
    Stream<Path> scores =
        files.list(new Path(run, RunFiles.SCORES)).stream()
            .flatMap(step -> files.list(step).stream());
    return written.isPresent()
        && Stream.concat(Stream.of(new Path(run, RunFiles.METRICS)), scores)
            .mapToLong(file -> files.modified(file).orElse(0))
            .allMatch(time -> time <= written.getAsLong());
  }

  private ReportContent content(Checkpoint checkpoint, Optional<String> pictures) {
    RunRecord record = checkpoint.record();
    Config recipe = RunRecipe.of(record);
    ModelSpec spec = ModelSpec.from(recipe.getConfig("model"));
    List<Score> scores = Evaluation.kept(hadoop, checkpoint.run());
    Curve curve = curve(checkpoint, spec);
    String from =
        pictures.orElseGet(
            () -> scores.isEmpty() ? record.dataset() : scores.get(scores.size() - 1).test().uri());
    return new ReportContent(
        title(recipe, spec),
        summary(record, curve),
        figures(recipe, curve, scores),
        tables(checkpoint, record, recipe, spec, curve),
        curve,
        scores,
        new Exhibitor(hadoop, engine, spec, recipe.getLong("train.seed"))
            .show(new CheckpointWeights(hadoop, checkpoint.model()), from, pictures.isPresent()));
  }

  private Curve curve(Checkpoint checkpoint, ModelSpec spec) {
    RunFiles files = new RunFiles(hadoop);
    Path metrics = new Path(checkpoint.run(), RunFiles.METRICS);
    List<String> heads = HeadNames.of(spec);
    return new Curve(
        heads,
        files.exists(metrics)
            ? MetricsFile.rounds(files.read(metrics), heads.size(), metrics.toString())
            : List.of());
  }

  private static String title(Config recipe, ModelSpec spec) {
    String method = spec.method().title();
    return String.format(
        Locale.ROOT,
        "%s, %s/%d, %d px",
        method,
        recipe.getString("model.arch").equals("custom")
            ? spec.encoder().describe()
            : recipe.getString("model.arch"),
        spec.patchSize(),
        spec.imageSize());
  }

  private static String summary(RunRecord record, Curve curve) {
    if (!record.hasDataset()) {
      return "Imported weights, not trained here.";
    }
    return String.format(
        Locale.ROOT,
        "Pre-trained without labels on %,d images of %s in %s.",
        record.samples(),
        shown(record.dataset()),
        duration(curve.seconds()));
  }

  private static List<Figure> figures(Config recipe, Curve curve, List<Score> scores) {
    List<Figure> figures = new ArrayList<>();
    if (!curve.rounds().isEmpty()) {
      Curve.Round last = curve.rounds().get(curve.rounds().size() - 1);
      figures.add(
          new Figure(
              String.format(
                  Locale.ROOT, "%.3g / %s", last.epoch(), recipe.getString("train.epochs")),
              "epochs"));
      figures.add(
          new Figure(
              String.format(Locale.ROOT, "%,.0f", curve.samples() / curve.seconds()),
              "images per second"));
      figures.add(
          new Figure(
              String.format(Locale.ROOT, "%.3f", last.total()),
              last.losses().length > 1 ? "loss, sum of the heads" : "loss"));
    }
    long step = scores.stream().mapToLong(Score::step).max().orElse(0);
    for (Score score : scores) {
      if (score.step() == step) {
        figures.add(
            new Figure(
                String.format(
                    Locale.ROOT,
                    "%.0f \u2192 %.0f %%",
                    100 * score.untrained(),
                    100 * score.accuracy()),
                score.title() + ": random-init \u2192 pre-trained"));
      }
    }
    return figures;
  }

  private List<Table> tables(
      Checkpoint checkpoint, RunRecord record, Config recipe, ModelSpec spec, Curve curve) {
    return List.of(
        new Table("Model", ModelFacts.of(spec, recipe.getConfig("model")), false),
        new Table("Data", data(record), false),
        new Table("Training", training(checkpoint, recipe, curve), false),
        new Table("Versions, and the machine that made this page", versions(record), false),
        new Table("The whole recipe, and where each value came from", everything(record), true));
  }

  private static List<Fact> data(RunRecord record) {
    if (!record.hasDataset()) {
      return List.of(fact("Dataset", "none yet"));
    }
    return List.of(
        fact("Dataset", shown(record.dataset())),
        fact("Images", String.format(Locale.ROOT, "%,d", record.samples())),
        fact("Hash", record.datasetHash()));
  }

  private static List<Fact> training(Checkpoint checkpoint, Config recipe, Curve curve) {
    return List.of(
        fact("Run", shown(checkpoint.run().toString())),
        fact("Checkpoint", checkpoint.name()),
        fact("Epochs", recipe.getString("train.epochs")),
        fact("Workers", recipe.getString("train.workers")),
        fact("Images per worker and step", recipe.getString("train.batch-size")),
        fact("Steps between averagings", recipe.getString("train.local-steps")),
        fact("Images seen", String.format(Locale.ROOT, "%,d", curve.samples())),
        fact("Time in rounds", duration(curve.seconds())));
  }

  private List<Fact> versions(RunRecord record) {
    return List.of(
        fact("Code of the run", record.codeVersion()),
        fact("Code of this page", CodeVersion.current()),
        fact("Spark", package$.MODULE$.SPARK_VERSION()),
        fact("Java", Host.java()),
        fact("System", Host.system()),
        fact(
            "Processor",
            Host.processor() + ", " + Runtime.getRuntime().availableProcessors() + " threads"),
        fact("Memory", Host.memory()),
        fact("Engine", engine.name() + ", " + engine.precision().name().toLowerCase(Locale.ROOT)));
  }

  private static List<Fact> everything(RunRecord record) {
    List<Fact> facts = new ArrayList<>();
    record
        .recipe()
        .forEach((key, origin) -> facts.add(new Fact(key, origin.value(), origin.source())));
    return Collections.unmodifiableList(facts);
  }

  /** Addresses of local files as people write them. */
  static String shown(String uri) {
    return uri.startsWith("file:") ? uri.substring("file:".length()).replaceFirst("^/+", "/") : uri;
  }

  private static Fact fact(String name, String value) {
    return new Fact(name, value, "");
  }

  private static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
  }
}
