package org.sparkmim.job.evaluate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.dataset.Dataset;
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

  private Optional<String> test() {
    return settings.after() == After.NONE ? Optional.empty() : settings.test();
  }

  private String train() {
    return settings.train().orElse(trainedOn);
  }

  private List<Score> evaluate(Checkpoint checkpoint, String test) {
    List<Score> scores = new ArrayList<>();
    List<Stage> missing = new ArrayList<>();
    for (Stage stage : settings.stages()) {
      Optional<Score> kept = kept(checkpoint, stage, test);
      kept.ifPresentOrElse(scores::add, () -> missing.add(stage));
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
  private Optional<Score> kept(Checkpoint checkpoint, Stage stage, String test) {
    var hadoop = spark.sparkContext().hadoopConfiguration();
    long step = checkpoint.progress().step();
    return Evaluation.kept(hadoop, checkpoint.run()).stream()
        .filter(score -> score.step() == step)
        .filter(score -> score.stage().equals(EvaluateSettings.word(stage)))
        .filter(score -> score.feature().equals(EvaluateSettings.word(settings.feature())))
        .filter(score -> score.test().hash().equals(Dataset.open(hadoop, test).hash()))
        .filter(score -> score.train().hash().equals(Dataset.open(hadoop, train()).hash()))
        .findFirst();
  }
}
