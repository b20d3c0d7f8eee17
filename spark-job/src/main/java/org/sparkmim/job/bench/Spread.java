package org.sparkmim.job.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;

/** Median and ends of repeated measurements. */
record Spread(double median, double smallest, double largest) {

  /** Of at least one measurement; of an even number, the mean of the two in the middle. */
  static Spread of(double... measured) {
    double[] sorted = measured.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /** Adds itself to a JSON object; returns it. */
  ObjectNode addTo(ObjectNode node) {
    return node.put("median", median).put("min", smallest).put("max", largest);
  }
}
