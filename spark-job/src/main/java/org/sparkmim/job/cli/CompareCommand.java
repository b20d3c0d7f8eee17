package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.compare.Comparison;
import org.sparkmim.job.compare.ComparisonReport;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.device.EngineChoice;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Methods against each other in the same minutes. */
@Command(
    name = "compare",
    description = {
      "Pre-trains a small encoder with each method for the same minutes on the same cores, scores"
          + " it by kNN and linear probe, and writes one table.",
      "The same command continues what was interrupted; a finished run is not run again."
    },
    mixinStandardHelpOptions = true)
final class CompareCommand implements Runnable {
  @Option(
      names = "--train",
      required = true,
      paramLabel = "DATASET",
      description = "Labelled dataset to pre-train on and to learn probes from.")
  private String train;

  @Option(
      names = "--test",
      required = true,
      paramLabel = "DATASET",
      description = "Labelled dataset of held-out images with the same class names.")
  private String test;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIRECTORY",
      description = "Where runs, comparison.md and comparison.json go.")
  private String output;

  @Option(
      names = "--minutes",
      paramLabel = "MINUTES",
      defaultValue = "3",
      description = "Pre-training of each run. Default: ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Runs of each method. Default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--methods",
      split = ",",
      paramLabel = "METHOD",
      defaultValue = "localmim,mae,mff,maskalign",
      description = "Default: ${DEFAULT-VALUE}.")
  private List<String> methods;

  @Option(
      names = "--recipes",
      paramLabel = "DIRECTORY",
      defaultValue = "conf/recipes",
      description = "Where compare-METHOD.conf lies for every method. Default: ${DEFAULT-VALUE}.")
  private Path recipes;

  @Option(
      names = "-D",
      paramLabel = "KEY=VALUE",
      description = "Overrides one key of every recipe, as in -D model.image-size=96.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  @Mixin private SparkOptions sparks;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Comparison.Settings settings =
        new Comparison.Settings(recipes, overrides, train, test, output, minutes, seeds, methods);
    Recipe recipe = settings.recipe(methods.get(0));
    EngineChoice.noteTargets(recipe.section("engine"), spec.commandLine().getErr());
    PrintWriter out = spec.commandLine().getOut();
    int workers = recipe.section("train").getInt("workers");
    try (SparkSession session = sparks.open("compare", recipe, workers)) {
      ComparisonReport report = new Comparison(settings, session, out).run();
      out.println();
      out.print(report.markdown());
      out.flush();
    }
  }
}
