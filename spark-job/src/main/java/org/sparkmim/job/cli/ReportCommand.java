package org.sparkmim.job.cli;

import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.report.Report;
import org.sparkmim.model.engine.EngineSpec;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a run's page. */
@Command(
    name = "report",
    description = "Writes report.html: what ran, how it learned, how good it is, what it sees.",
    mixinStandardHelpOptions = true)
final class ReportCommand implements Runnable {
  @Mixin private RecipeOptions recipeOptions;

  @Option(names = "--run", required = true, paramLabel = "RUN", description = "Directory of a run.")
  private String run;

  @Option(
      names = "--pictures",
      paramLabel = "DATASET",
      description =
          "Dataset to show images of. Default: the test dataset of the last evaluation, or else the"
              + " one trained on.")
  private String pictures;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where to write the page. Default: report.html in the run.")
  private String output;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = recipeOptions.load();
    Configuration hadoop = SparkHadoopUtil.get().conf();
    Path page =
        new Report(hadoop, EngineSpec.from(recipe.section("engine")))
            .write(run, Optional.ofNullable(pictures), Optional.ofNullable(output));
    spec.commandLine().getOut().println("Wrote " + page);
    spec.commandLine().getOut().flush();
  }
}
