package org.sparkmim.job.cli;

import java.io.PrintWriter;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.plan.Room;
import org.sparkmim.job.round.TrainSettings;
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
    PretrainJob job = PretrainJob.prepare(recipe, hadoop, data, output);
    PrintWriter out = spec.commandLine().getOut();
    Optional<Checkpoint> finished = job.finished();
    if (finished.isPresent()) {
      out.println(
          "Nothing to do: "
              + finished.get().directory()
              + " is trained to the end, evaluated and reported on.");
      out.flush();
      return;
    }
    sparks.check(recipe);
    if (sparks.isEmbedded(recipe)) {
      Room.inMemory(PlanCommand.memory(recipe, TrainSettings.from(recipe.section("train"))));
    }
    // Before a cluster is taken: another process may have the run.
    try (RunDirectory run = job.open(RunObserver.NONE)) {
      train(job, recipe, run, out);
    }
  }

  private void train(PretrainJob job, Recipe recipe, RunDirectory run, PrintWriter out) {
    SparkSession session = sparks.open("pretrain", recipe, job.workers());
    try {
      PretrainJob.Outcome outcome =
          job.run(session, run, out, System.console() != null, RunObserver.NONE);
      out.println("Weights: " + outcome.last().model());
      out.println("Report:  " + outcome.report());
      out.flush();
    } finally {
      session.stop();
    }
  }
}
