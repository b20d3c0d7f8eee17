package org.sparkmim.job.cli;

import java.io.PrintWriter;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.plan.SparkProperties;
import org.sparkmim.job.plan.WorkerPlan;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.MemoryPlan;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells what a recipe will need; reads no data and takes none of the memory. */
@Command(
    name = "plan",
    description = "Tells the memory that a recipe needs, part by part, without a dataset.",
    mixinStandardHelpOptions = true)
final class PlanCommand implements Runnable {
  @Mixin private RecipeOptions recipes;

  @Option(names = "--json", description = "Print the plan as JSON.")
  private boolean json;

  @Option(
      names = "--spark",
      description = "Print the Spark properties of executors that the recipe fits into.")
  private boolean spark;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = recipes.load();
    TrainSettings train = TrainSettings.from(recipe.section("train"));
    MemoryPlan network =
        MemoryPlan.of(
            ModelSpec.from(recipe.section("model")),
            EngineSpec.from(recipe.section("engine")),
            train.batch());
    WorkerPlan plan =
        new WorkerPlan(
            network, train.workers(), LoaderSettings.from(recipe.section("data")).queue());
    PrintWriter out = spec.commandLine().getOut();
    out.print(text(plan));
    out.flush();
  }

  private String text(WorkerPlan plan) {
    if (spark) {
      return SparkProperties.of(plan).text();
    }
    return json ? plan.json() + System.lineSeparator() : plan.text();
  }
}
