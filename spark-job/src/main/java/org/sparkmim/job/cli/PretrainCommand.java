package org.sparkmim.job.cli;

import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.LaunchedEvaluation;
import org.sparkmim.job.report.Report;
import org.sparkmim.job.round.Pretraining;
import org.sparkmim.job.round.StopRequest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains a model on an ingested dataset, or continues where an earlier process stopped. */
@Command(
    name = "pretrain",
    description = {
      "Pre-trains a model on an ingested dataset.",
      "The same command continues a run that was stopped or killed, and does nothing to one that is"
          + " finished."
    },
    mixinStandardHelpOptions = true)
final class PretrainCommand implements Runnable {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATASET",
      description = "Dataset made by mim ingest.")
  private String data;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "RUN",
      description = "Directory of the run: checkpoints, metrics, scores, report.")
  private String output;

  @Mixin private RecipeOptions recipes;
  @Mixin private SparkOptions sparks;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = recipes.load();
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    Pretraining training = Pretraining.prepare(recipe, CodeVersion.current(), hadoop, data, output);
    var out = spec.commandLine().getOut();
    SparkSession session = sparks.open("pretrain", recipe, training.settings().workers());
    try (StopRequest stop = StopRequest.onSignals()) {
      LaunchedEvaluation evaluation =
          new LaunchedEvaluation(
              session,
              EvaluateSettings.from(recipe.section("evaluate")),
              training.engine(),
              data,
              out);
      evaluation.check();
      Checkpoint last =
          training.run(
              JavaSparkContext.fromSparkContext(session.sparkContext()),
              new Pretraining.Surroundings(
                  out, System.console() != null, stop, RunObserver.NONE, evaluation::afterCommit));
      out.println("Trained: " + last.model());
      evaluation.afterLast(last);
      out.println(
          "Report: "
              + new Report(session.sparkContext().hadoopConfiguration(), training.engine())
                  .write(last.run().toString(), Optional.empty(), Optional.empty()));
      out.flush();
    } finally {
      session.stop();
    }
  }
}
