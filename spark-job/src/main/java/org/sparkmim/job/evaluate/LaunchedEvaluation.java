package org.sparkmim.job.evaluate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.Storage;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.evaluate.EvaluateSettings.After;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.model.engine.EngineSpec;

/**
 * The evaluations that training starts by itself when checkpoints land, as {@code evaluate.after}
 * says.
 *
 * @param trainedOn dataset of the training, which probes learn from unless {@code evaluate.train}
 *     names another
 * @param out told what is done and what came of it
 */
public record LaunchedEvaluation(
    SparkSession spark,
    EvaluateSettings settings,
    EngineSpec engine,
    String trainedOn,
    PrintWriter out) {

  /**
   * Opens the datasets that will be needed, so that a mistake shows before the training and not
   * after it.
   */
  public void check() {
    test()
        .ifPresent(
            test -> {
              var hadoop = spark.sparkContext().hadoopConfiguration();
              Labels.of(Dataset.open(hadoop, train()), Dataset.open(hadoop, test));
            });
  }

  /** To be called for every checkpoint but the last. */
  public void afterCommit(Checkpoint checkpoint) {
    if (settings.after() == After.EVERY) {
      test().ifPresent(test -> evaluate(checkpoint, test));
    }
  }

  /**
   * To be called for the last checkpoint.
   *
   * @return its scores, kept ones included; empty if nothing is to be evaluated
   */
  public List<Score> afterLast(Checkpoint checkpoint) {
    if (settings.after() != After.NONE && settings.test().isEmpty()) {
      out.println(
          "Not evaluated: evaluate.test names no labelled dataset of held-out images. Set it, or run"
              + " mim evaluate.");
      out.flush();
    }
    return test().map(test -> evaluate(checkpoint, test)).orElse(List.of());
  }

  /**
   * To be called before training goes on: evaluates the checkpoints that an earlier process was to
   * evaluate and did not come to.
   *
   * @param run directory of the run
   */
  public void catchUp(String run) {
    var hadoop = spark.sparkContext().hadoopConfiguration();
    for (long step : missing(hadoop, settings, trainedOn, run)) {
      afterCommit(Checkpoint.open(hadoop, run, step));
    }
  }

  /**
   * Whether nothing that the settings ask for is missing, the last checkpoint included. Needs no
   * Spark.
   */
  public static boolean isComplete(
      Configuration hadoop, EvaluateSettings settings, String trainedOn, Checkpoint last) {
    Optional<String> test = test(settings);
    return test.isEmpty()
        || (missing(hadoop, settings, trainedOn, last.run().toString()).isEmpty()
            && hasAll(hadoop, settings, trainedOn, last.run(), last.progress().step()));
  }

  /** Steps whose checkpoints were to be evaluated when they landed, oldest first. */
  private static List<Long> missing(
      Configuration hadoop, EvaluateSettings settings, String trainedOn, String run) {
    if (settings.after() != After.EVERY || settings.test().isEmpty()) {
      return List.of();
    }
    return Checkpoint.steps(hadoop, run).stream()
        // Weights that were imported are no work of this run.
        .filter(step -> step > 0)
        .filter(step -> !hasAll(hadoop, settings, trainedOn, new Path(run), step))
        .sorted()
        .toList();
  }

  private static boolean hasAll(
      Configuration hadoop, EvaluateSettings settings, String trainedOn, Path run, long step) {
    return settings.stages().stream()
        .allMatch(stage -> kept(hadoop, settings, trainedOn, run, step, stage).isPresent());
  }

  private Optional<String> test() {
    return test(settings);
  }

  private static Optional<String> test(EvaluateSettings settings) {
    return settings.after() == After.NONE ? Optional.empty() : settings.test();
  }

  private String train() {
    return settings.train().orElse(trainedOn);
  }

  private List<Score> evaluate(Checkpoint checkpoint, String test) {
    var hadoop = spark.sparkContext().hadoopConfiguration();
    long step = checkpoint.progress().step();
    List<Score> scores = new ArrayList<>();
    List<Stage> missing = new ArrayList<>();
    for (Stage stage : settings.stages()) {
      kept(hadoop, settings, trainedOn, checkpoint.run(), step, stage)
          .ifPresentOrElse(scores::add, () -> missing.add(stage));
    }
    if (!missing.isEmpty()) {
      scores.addAll(
          new Evaluation(spark, settings, engine).run(checkpoint, missing, train(), test));
    }
    out.println();
    out.print(ScoreTable.of(scores));
    out.flush();
    return scores;
  }

  /** The score of an earlier process for the same checkpoint, data and feature. */
  private static Optional<Score> kept(
      Configuration hadoop,
      EvaluateSettings settings,
      String trainedOn,
      Path run,
      long step,
      Stage stage) {
    String train = hash(hadoop, settings.train().orElse(trainedOn));
    String test = hash(hadoop, settings.test().orElseThrow());
    return Evaluation.kept(hadoop, run).stream()
        .filter(score -> score.step() == step)
        .filter(score -> score.stage().equals(EvaluateSettings.word(stage)))
        .filter(score -> score.feature().equals(EvaluateSettings.word(settings.feature())))
        .filter(score -> score.test().hash().equals(test))
        .filter(score -> score.train().hash().equals(train))
        .findFirst();
  }

  private static String hash(Configuration hadoop, String dataset) {
    return Dataset.readManifest(Storage.at(hadoop, dataset)).hash();
  }
}
