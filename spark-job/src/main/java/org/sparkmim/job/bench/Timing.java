package org.sparkmim.job.bench;

import org.sparkmim.job.MimException;

/**
 * How long to measure.
 *
 * @param warmUpSeconds time for the JIT compiler, not counted
 * @param repetitions measurements
 * @param seconds processor time of one of them
 */
public record Timing(double warmUpSeconds, int repetitions, double seconds) {
  private static final double HOUR = 3600;

  /** Refuses what cannot be measured. */
  public Timing {
    require(warmUpSeconds >= 0 && warmUpSeconds <= HOUR, "--warm-up", "0 to 3600", warmUpSeconds);
    require(repetitions >= 1 && repetitions <= 1000, "--repetitions", "1 to 1000", repetitions);
    require(seconds > 0 && seconds <= HOUR, "--seconds", "over 0, up to 3600", seconds);
  }

  private static void require(boolean condition, String option, String allowed, Object found) {
    if (!condition) {
      throw MimException.usage(option + " must be " + allowed + ", got " + found);
    }
  }
}
