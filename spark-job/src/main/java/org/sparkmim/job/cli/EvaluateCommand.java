package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.EvaluateSettings.Feature;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.job.evaluate.Evaluation;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.evaluate.ScoreTable;
import org.sparkmim.model.engine.EngineSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scores a checkpoint's features on labelled images. */
@Command(
    name = "evaluate",
    description = "Scores a checkpoint's features, beside the same network untrained.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "STAGE",
    subcommands = {EvaluateCommand.KnnCommand.class, EvaluateCommand.LinearCommand.class})
final class EvaluateCommand implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "name a stage: " + String.join(", ", spec.subcommands().keySet()));
  }

  /** Weighted nearest neighbours. */
  @Command(
      name = "knn",
      description = "Weighted k-nearest-neighbour vote on cosine similarity, as in DINO.",
      mixinStandardHelpOptions = true)
  static final class KnnCommand extends OneStage {
    KnnCommand() {
      super(Stage.KNN);
    }
  }

  /** Linear probe. */
  @Command(
      name = "linear",
      description = {
        "Multinomial logistic regression on frozen, standardised features; or, with"
            + " evaluate.linear.optimizer = lars, the papers' probe.",
      },
      mixinStandardHelpOptions = true)
  static final class LinearCommand extends OneStage {
    LinearCommand() {
      super(Stage.LINEAR);
    }
  }

  /** What both stages ask for. */
  abstract static class OneStage implements Runnable {
    @Mixin private RecipeOptions recipeOptions;
    @Mixin private SparkOptions sparkOptions;

    @Option(
        names = "--checkpoint",
        required = true,
        paramLabel = "RUN_OR_STEP",
        description = "A run (its newest checkpoint is taken) or one checkpoint's directory.")
    private String checkpoint;

    @Option(
        names = "--train",
        required = true,
        paramLabel = "DATASET",
        description = "Labelled dataset to learn from, as made by mim ingest.")
    private String train;

    @Option(
        names = "--test",
        required = true,
        paramLabel = "DATASET",
        description = "Labelled dataset of held-out images with the same class names.")
    private String test;

    @Option(
        names = "--feature",
        description = "mean of the patch tokens, or cls. Default: evaluate.feature of the recipe.")
    private Feature feature;

    @Option(names = "--json", description = "Print the score as JSON.")
    private boolean json;

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    private final Stage stage;

    OneStage(Stage stage) {
      this.stage = stage;
    }

    @Override
    public void run() {
      Recipe recipe = recipeOptions.load();
      EvaluateSettings given = EvaluateSettings.from(recipe.section("evaluate"));
      EvaluateSettings settings = feature == null ? given : given.with(feature);
      EngineSpec engine = EngineSpec.from(recipe.section("engine"));
      int threads = Runtime.getRuntime().availableProcessors();
      try (SparkSession spark = sparkOptions.open("evaluate", recipe, threads)) {
        Checkpoint opened = Checkpoint.open(spark.sparkContext().hadoopConfiguration(), checkpoint);
        List<Score> scores =
            new Evaluation(spark, settings, engine).run(opened, List.of(stage), train, test);
        PrintWriter out = spec.commandLine().getOut();
        out.print(json ? scores.get(0).toJson() + "\n" : ScoreTable.of(scores));
        out.flush();
      }
    }
  }
}
