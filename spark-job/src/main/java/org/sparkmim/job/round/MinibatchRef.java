package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names a minibatch by its place in the sample order; what a worker's share of a round consists of.
 *
 * @param epoch from 0
 * @param first position of the first sample in the epoch's order
 * @param count samples; 0 where the rest of an epoch is too small for every worker to get one
 */
public record MinibatchRef(int epoch, long first, int count) implements Serializable {
  private static final Pattern PATH =
      Pattern.compile("minibatch/(\\d{1,9})/(\\d{1,18})/(\\d{1,9})");

  public MinibatchRef {
    if (epoch < 0 || first < 0 || count < 0) {
      throw new IllegalArgumentException(
          "No minibatch has epoch " + epoch + ", first " + first + ", count " + count);
    }
  }

  /** The string that {@link #parse} reads: what DL4J's Spark API passes about as a path. */
  public String toPath() {
    return "minibatch/" + epoch + "/" + first + "/" + count;
  }

  /** Reads what {@link #toPath} wrote. */
  public static MinibatchRef parse(String path) {
    Matcher parts = PATH.matcher(path);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'" + path + "' is no minibatch; they look like minibatch/EPOCH/FIRST/COUNT");
    }
    return new MinibatchRef(
        Integer.parseInt(parts.group(1)),
        Long.parseLong(parts.group(2)),
        Integer.parseInt(parts.group(3)));
  }
}
