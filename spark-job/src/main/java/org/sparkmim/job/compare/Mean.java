package org.sparkmim.job.compare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Locale;

/**
 * Mean of the seeds.
 *
 * @param deviation standard deviation of the sample; 0 of one seed
 */
record Mean(double value, double deviation, int count) {
  static Mean of(double... values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum();
    double deviation = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0;
    return new Mean(mean, deviation, values.length);
  }

  /** As in {@code 43.4 ± 0.5}; one seed has no deviation. */
  String text(String format) {
    String mean = String.format(Locale.ROOT, format, value);
    return count > 1 ? mean + " ± " + String.format(Locale.ROOT, format, deviation) : mean;
  }

  /** As a percentage. */
  String percent() {
    return new Mean(100 * value, 100 * deviation, count).text("%.1f");
  }

  void addTo(ObjectNode node, String key) {
    node.putObject(key).put("mean", value).put("deviation", deviation);
  }
}
