package org.sparkmim.job.compare;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.sparkmim.job.evaluate.Score;

/** A contender's runs of all seeds. */
record Row(Contender contender, List<Outcome> runs) {
  static final String KNN = "knn";
  static final String LINEAR = "linear";

  static Row of(Contender contender, List<Outcome> all) {
    return new Row(
        contender, all.stream().filter(run -> run.contender().equals(contender)).toList());
  }

  Mean minutes() {
    return mean(run -> run.time().minutes());
  }

  Mean images() {
    return mean(run -> run.time().images());
  }

  Mean imagesPerSecond() {
    return mean(run -> run.time().imagesPerSecond());
  }

  Mean before(String stage) {
    return mean(run -> run.score(stage).untrained());
  }

  Mean after(String stage) {
    return mean(run -> run.score(stage).accuracy());
  }

  /** Any of its scores: what they were measured on is the same for all. */
  Score sample() {
    return runs.get(0).scores().get(0);
  }

  private Mean mean(ToDoubleFunction<Outcome> value) {
    return Mean.of(runs.stream().mapToDouble(value).toArray());
  }
}
