package org.sparkmim.job.round;

import java.io.PrintWriter;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.util.Locale;
import org.sparkmim.job.commit.Progress;

/**
 * Live progress: on a terminal one line that is written over, elsewhere a plain line now and then.
 */
final class ProgressLine {
  private static final long PLAIN_EVERY_NANOS = Duration.ofSeconds(15).toNanos();
  private static final double SMOOTHING = 0.2;

  private final PrintWriter out;
  private final boolean terminal;
  private final double epochs;
  private final long samples;
  private final long started;
  private double secondsPerImage;
  private long lastRound;
  private long lastPlain;
  private int width;

  /**
   * @param terminal whether the line may be written over
   * @param epochs epochs of the run
   * @param samples samples of an epoch
   */
  ProgressLine(PrintWriter out, boolean terminal, double epochs, long samples) {
    this.out = out;
    this.terminal = terminal;
    this.epochs = epochs;
    this.samples = samples;
    started = System.nanoTime();
    lastRound = started;
    lastPlain = started - PLAIN_EVERY_NANOS;
  }

  /**
   * Says how long it took until training began.
   *
   * @param seconds from the start of this process to the end of its first step
   */
  void firstStep(double seconds) {
    out.println(String.format(Locale.ROOT, "First step done %.1f s after the start.", seconds));
    out.flush();
  }

  void show(RoundReport report) {
    long now = System.nanoTime();
    double seconds = (now - lastRound) / 1e9;
    lastRound = now;
    double measured = seconds / report.samples();
    // The first round compiles engines and says little about the next ones.
    secondsPerImage =
        report.end().round() <= 2 || secondsPerImage == 0
            ? measured
            : (1 - SMOOTHING) * secondsPerImage + SMOOTHING * measured;
    String line = line(report, secondsPerImage, epochs, samples);
    if (terminal) {
      out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      out.flush();
      width = line.length();
    } else if (now - lastPlain >= PLAIN_EVERY_NANOS || isLast(report)) {
      out.println(line);
      out.flush();
      lastPlain = now;
    }
  }

  /** Says what happened, on lines of their own. */
  void say(String what) {
    end();
    out.println(what);
    out.flush();
  }

  /** Ends the line, so that other output starts on its own. */
  void end() {
    if (terminal && width > 0) {
      out.println();
      width = 0;
    }
  }

  static String line(RoundReport report, double secondsPerImage, double epochs, long samples) {
    Progress end = report.end();
    double epoch = end.epoch() + end.position() / (double) samples;
    long left = (long) ((epochs - epoch) * samples * secondsPerImage);
    return String.format(
        Locale.ROOT,
        "epoch %.2f/%s  loss %.4f  %.1f images/s  lr %.2e  left %s",
        epoch,
        new DecimalFormat("0.##", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(epochs),
        report.loss(),
        report.imagesPerSecond(),
        report.rate(),
        clock(left));
  }

  private boolean isLast(RoundReport report) {
    return report.end().epoch() * samples + report.end().position() >= Math.round(epochs * samples);
  }

  private static String clock(long seconds) {
    Duration time = Duration.ofSeconds(seconds);
    return time.toHours() > 0
        ? String.format("%d:%02d:%02d", time.toHours(), time.toMinutesPart(), time.toSecondsPart())
        : String.format("%d:%02d", time.toMinutes(), time.toSecondsPart());
  }
}
