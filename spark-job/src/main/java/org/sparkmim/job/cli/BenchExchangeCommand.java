package org.sparkmim.job.cli;

import java.io.PrintWriter;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.MimException;
import org.sparkmim.job.bench.ExchangeBench;
import org.sparkmim.job.bench.ExchangeRates;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures what training moves between processes, beside DL4J's own master. */
@Command(
    name = "exchange",
    description =
        "Measures the bytes between processes of a round, beside those of DL4J's stock master."
            + " Needs executors in processes of their own.",
    mixinStandardHelpOptions = true)
final class BenchExchangeCommand implements Runnable {
  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Mixin private RecipeOptions recipes;
  @Mixin private SparkOptions sparks;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = recipes.load();
    TrainSettings settings = TrainSettings.from(recipe.section("train"));
    ModelSpec model = ModelSpec.from(recipe.section("model"));
    EngineSpec engine = EngineSpec.from(recipe.section("engine"));
    try (SparkSession session = sparks.open("bench exchange", recipe, settings.workers())) {
      if (session.sparkContext().isLocal()) {
        throw MimException.usage(
            "Nothing travels inside one process: name a cluster with --master, or run"
                + " submit-scripts/bench-exchange, which starts one.");
      }
      ExchangeRates rates =
          ExchangeBench.run(
              JavaSparkContext.fromSparkContext(session.sparkContext()),
              model,
              engine,
              settings.workers(),
              settings.localSteps());
      PrintWriter out = spec.commandLine().getOut();
      out.println(json ? rates.json() : rates.text());
      out.flush();
    }
  }
}
