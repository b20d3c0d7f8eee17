package org.sparkmim.job.round;

import java.time.Instant;

/** When this process began, as the operating system says: before Java, and with its script. */
final class StartUp {
  private static final Instant BEGIN =
      ProcessHandle.current().info().startInstant().orElseGet(Instant::now);

  private StartUp() {}

  /**
   * Seconds from the start of this process.
   *
   * @param millis a time in milliseconds since 1970
   */
  static double secondsUntil(long millis) {
    return (millis - BEGIN.toEpochMilli()) / 1e3;
  }
}
