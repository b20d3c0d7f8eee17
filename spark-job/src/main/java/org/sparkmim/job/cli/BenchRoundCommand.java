package org.sparkmim.job.cli;

import java.io.PrintWriter;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.MimException;
import org.sparkmim.job.bench.RoundBench;
import org.sparkmim.job.bench.RoundRates;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.device.EngineChoice;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures what a round costs beside its training steps. */
@Command(
    name = "round",
    description = "Measures a round without training: hand out, copy, average, collect.",
    mixinStandardHelpOptions = true)
final class BenchRoundCommand implements Runnable {
  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "Rounds to run, at least 2; the first is told apart. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(names = "--arch", description = "model.arch, as vit-base.")
  private String arch;

  @Option(names = "--workers", paramLabel = "N", description = "train.workers")
  private Integer workers;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Mixin private RecipeOptions recipes;
  @Mixin private SparkOptions sparks;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    if (rounds < 2) {
      throw MimException.usage(
          "--rounds = " + rounds + " is too small: it must be at least 2, as the first warms up.");
    }
    Recipe recipe = recipe();
    EngineChoice.noteTargets(recipe.section("engine"), spec.commandLine().getErr());
    TrainSettings settings = TrainSettings.from(recipe.section("train"));
    int count = settings.workers();
    ModelSpec model = ModelSpec.from(recipe.section("model"));
    EngineSpec engine = EngineSpec.from(recipe.section("engine"));
    try (SparkSession session = sparks.open("bench round", recipe, count)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      RoundRates rates = RoundBench.run(spark, model, engine, settings.averaging(), count, rounds);
      PrintWriter out = spec.commandLine().getOut();
      out.println(json ? rates.json() : rates.text());
      out.flush();
    }
  }

  private Recipe recipe() {
    return recipes
        .load()
        .withOption("model.arch", arch, "--arch")
        .withOption("train.workers", workers, "--workers");
  }
}
