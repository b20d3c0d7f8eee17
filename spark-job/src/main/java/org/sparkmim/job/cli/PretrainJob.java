package org.sparkmim.job.cli;

import com.typesafe.config.Config;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.device.EngineChoice;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.LaunchedEvaluation;
import org.sparkmim.job.evaluate.Score;
import org.sparkmim.job.report.Report;
import org.sparkmim.job.round.Pretraining;
import org.sparkmim.job.round.StopRequest;
import org.sparkmim.model.method.ModelSpec;

/** A pre-training with what follows it: the evaluations its recipe asks for, and the report. */
public final class PretrainJob {
  private final Pretraining training;
  private final EvaluateSettings evaluate;
  private final Config engine;
  private final Configuration hadoop;
  private final String data;
  private final Config stopping;

  private PretrainJob(
      Pretraining training,
      EvaluateSettings evaluate,
      Config engine,
      Configuration hadoop,
      String data,
      Config stopping) {
    this.training = training;
    this.evaluate = evaluate;
    this.engine = engine;
    this.hadoop = hadoop;
    this.data = data;
    this.stopping = stopping;
  }

  /**
   * What a job left behind.
   *
   * @param last its last checkpoint
   * @param scores of that checkpoint; empty if nothing was evaluated
   * @param report the page
   */
  public record Outcome(Checkpoint last, List<Score> scores, Path report) {}

  /**
   * Checks everything that can be checked without a cluster; writes nothing.
   *
   * @param data dataset to train on
   * @param output directory of the run
   */
  public static PretrainJob prepare(
      Recipe recipe, Configuration hadoop, String data, String output) {
    Pretraining training = Pretraining.prepare(recipe, CodeVersion.current(), hadoop, data, output);
    EvaluateSettings evaluate = EvaluateSettings.from(recipe.section("evaluate"));
    if (evaluate.after() != EvaluateSettings.After.NONE) {
      evaluate.requireFeatureOf(ModelSpec.from(recipe.section("model")));
      evaluate.test().ifPresent(test -> Dataset.open(hadoop, test).requireLabels());
    }
    Config stopping = recipe.section("run");
    StopRequest.grace(stopping);
    return new PretrainJob(training, evaluate, recipe.section("engine"), hadoop, data, stopping);
  }

  /** Replicas that train at the same time. */
  public int workers() {
    return training.settings().workers();
  }

  /**
   * The last checkpoint of a job of which nothing is left to do: trained to the end, evaluated, and
   * reported on. Needs no Spark, and only reads.
   */
  public Optional<Checkpoint> finished() {
    return training
        .finished()
        .filter(last -> LaunchedEvaluation.isComplete(hadoop, evaluate, data, last))
        .filter(last -> Report.isCurrent(hadoop, last.run()));
  }

  /**
   * Keeps other processes out of the run, until it is closed, and begins what can be begun without
   * Spark.
   *
   * @throws org.sparkmim.job.MimException (busy) if another process has the run
   */
  public RunDirectory open(RunObserver observer) {
    RunDirectory run = training.open(observer);
    training.makeModelAhead();
    return run;
  }

  /** Opens the run and does what is still to be done. */
  public Outcome run(SparkSession session, PrintWriter out, boolean terminal) {
    try (RunDirectory run = open(RunObserver.NONE)) {
      return run(session, run, out, terminal, RunObserver.NONE);
    }
  }

  /**
   * Trains, evaluates and reports, or continues with whatever of it is still to be done.
   *
   * @param run from {@link #open}
   */
  public Outcome run(
      SparkSession session,
      RunDirectory run,
      PrintWriter out,
      boolean terminal,
      RunObserver observer) {
    training.use(
        EngineChoice.of(
            engine, JavaSparkContext.fromSparkContext(session.sparkContext()), workers(), out));
    LaunchedEvaluation evaluation =
        new LaunchedEvaluation(session, evaluate, training.engine(), data, out);
    evaluation.check();
    evaluation.catchUp(run.path().toString());
    Checkpoint last;
    List<Score> scores;
    try (StopRequest stop = StopRequest.onSignals(stopping)) {
      last =
          training.run(
              JavaSparkContext.fromSparkContext(session.sparkContext()),
              run,
              new Pretraining.Surroundings(out, terminal, stop, observer, evaluation::afterCommit));
      observer.before(Phase.EVALUATION, last.name());
      scores = evaluate(evaluation, last, stop, session.sparkContext());
    }
    Path report =
        new Report(session.sparkContext().hadoopConfiguration(), training.engine())
            .write(last.run().toString(), Optional.empty(), Optional.empty());
    return new Outcome(last, scores, report);
  }

  /** An evaluation leaves nothing half done behind: it can be cut short, and is done anew. */
  private static List<Score> evaluate(
      LaunchedEvaluation evaluation, Checkpoint last, StopRequest stop, SparkContext spark) {
    String dropped = "The training is committed; the same command goes on with its evaluation.";
    stop.interrupts(
        new StopRequest.Work() {
          @Override
          public void cutShort() {
            spark.cancelAllJobs();
          }

          @Override
          public String lost() {
            return dropped;
          }
        });
    try {
      return evaluation.afterLast(last);
    } catch (Exception e) {
      if (stop.isAsked()) {
        throw MimException.interrupted(
            "Stopped while it evaluated " + last.name() + ". " + dropped);
      }
      throw e;
    }
  }
}
