package org.sparkmim.job.compare;

import java.util.List;
import org.sparkmim.job.evaluate.Score;

/**
 * A run that is trained and scored.
 *
 * @param scores of its last checkpoint, one a stage
 */
record Outcome(Contender contender, long seed, TrainingTime time, List<Score> scores) {
  Score score(String stage) {
    return scores.stream().filter(score -> score.stage().equals(stage)).findFirst().orElseThrow();
  }
}
