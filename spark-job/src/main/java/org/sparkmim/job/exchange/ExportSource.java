package org.sparkmim.job.exchange;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.evaluate.EvaluateSettings;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.job.evaluate.Evaluation;
import org.sparkmim.job.evaluate.Score;

/** Which of a run's checkpoints is meant. */
public final class ExportSource {
  /** The newest. */
  public static final String LATEST = "latest";

  /** The one with the best score. */
  public static final String BEST = "best";

  private ExportSource() {}

  /**
   * Finds a checkpoint.
   *
   * @param which {@link #LATEST}, {@link #BEST} or a number of steps
   * @throws MimException (usage, input) if there is none such
   */
  public static Checkpoint of(Configuration hadoop, String run, String which) {
    return switch (which) {
      case LATEST -> Checkpoint.open(hadoop, run);
      case BEST -> best(hadoop, run);
      default -> Checkpoint.open(hadoop, run, step(which));
    };
  }

  private static long step(String which) {
    try {
      return Long.parseUnsignedLong(which);
    } catch (NumberFormatException e) {
      throw MimException.usage(
          "Cannot export the checkpoint "
              + which
              + ": give a number of steps, "
              + LATEST
              + " or "
              + BEST
              + ".",
          e);
    }
  }

  /**
   * The checkpoint with the highest accuracy on the images of the newest score: of its linear
   * probe, or its kNN vote where nothing was probed. Scores outlive their checkpoints, so that only
   * those count whose checkpoint is still there; of equals the newest.
   */
  private static Checkpoint best(Configuration hadoop, String run) {
    List<Score> scores = Evaluation.kept(hadoop, new Path(run));
    for (Stage stage : List.of(Stage.LINEAR, Stage.KNN)) {
      List<Score> ofStage =
          scores.stream()
              .filter(score -> score.stage().equals(EvaluateSettings.word(stage)))
              .filter(score -> Checkpoint.exists(hadoop, run, score.step()))
              .toList();
      if (!ofStage.isEmpty()) {
        String images = ofStage.get(ofStage.size() - 1).test().hash();
        Optional<Score> best =
            ofStage.stream()
                .filter(score -> score.test().hash().equals(images))
                .max(Comparator.comparingDouble(Score::accuracy).thenComparing(Score::step));
        return Checkpoint.open(hadoop, run, best.orElseThrow().step());
      }
    }
    throw MimException.input(
        "Cannot tell which checkpoint of "
            + run
            + " is the best: none of those that are there has a score. Run mim evaluate, or export"
            + " --checkpoint "
            + LATEST
            + ".");
  }
}
