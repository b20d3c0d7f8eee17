package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.Collection;

/**
 * How far workers' parameters are from their mean, seen on an eighth of them.
 *
 * @param squares of each worker, the sum of squared differences
 * @param norm sum of the squared parameters
 */
record Apart(double[] squares, double norm) implements Serializable {

  /** Each worker's distance over the parameters' length, from what all averagers saw. */
  static double[] relative(Collection<Apart> seen) {
    double[] relative = new double[seen.iterator().next().squares().length];
    double norm = 0;
    for (Apart each : seen) {
      norm += each.norm();
      for (int worker = 0; worker < relative.length; worker++) {
        relative[worker] += each.squares()[worker];
      }
    }
    for (int worker = 0; worker < relative.length; worker++) {
      relative[worker] = norm == 0 ? 0 : Math.sqrt(relative[worker] / norm);
    }
    return relative;
  }
}
