package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.bench.RoundBench;
import org.sparkmim.job.config.Recipe;
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
          "Rounds to run; the first warms up and is told apart. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Mixin private RecipeOptions recipes;
  @Mixin private SparkOptions sparks;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = recipes.load();
    int workers = recipe.section("train").getInt("workers");
    ModelSpec model = ModelSpec.from(recipe.section("model"));
    EngineSpec engine = EngineSpec.from(recipe.section("engine"));
    PrintWriter out = spec.commandLine().getOut();
    try (SparkSession session = sparks.open("bench round", recipe, workers)) {
      List<RoundBench.Round> measured =
          RoundBench.run(
              JavaSparkContext.fromSparkContext(session.sparkContext()),
              model,
              engine,
              workers,
              rounds);
      for (RoundBench.Round round : measured) {
        out.printf(
            "%.3f s: %s rss %d MB%n",
            round.seconds(), round.report().cost(), round.residentBytes() >> 20);
      }
      out.flush();
    }
  }
}
