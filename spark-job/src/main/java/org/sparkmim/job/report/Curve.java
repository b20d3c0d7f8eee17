package org.sparkmim.job.report;

import java.util.List;

/**
 * How a run went, one entry a round.
 *
 * @param heads what each loss is called
 * @param rounds oldest first
 */
record Curve(List<String> heads, List<Round> rounds) {

  /**
   * One round.
   *
   * @param epoch fractional, at the round's end
   * @param losses one a head
   * @param samples trained on
   */
  record Round(
      double epoch,
      double[] losses,
      double rate,
      double imagesPerSecond,
      long samples,
      double seconds) {

    double total() {
      double sum = 0;
      for (double loss : losses) {
        sum += loss;
      }
      return sum;
    }
  }

  /** Images trained on so far. */
  long samples() {
    return rounds.stream().mapToLong(Round::samples).sum();
  }

  /** Time that the rounds took. */
  double seconds() {
    return rounds.stream().mapToDouble(Round::seconds).sum();
  }

  double[] epochs() {
    return rounds.stream().mapToDouble(Round::epoch).toArray();
  }

  double[] losses(int head) {
    return rounds.stream().mapToDouble(r -> r.losses()[head]).toArray();
  }

  double[] totals() {
    return rounds.stream().mapToDouble(Round::total).toArray();
  }

  double[] rates() {
    return rounds.stream().mapToDouble(Round::rate).toArray();
  }

  double[] speeds() {
    return rounds.stream().mapToDouble(Round::imagesPerSecond).toArray();
  }
}
