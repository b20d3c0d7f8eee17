package org.sparkmim.job.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What training steps took.
 *
 * @param batch images in a step
 * @param parameters trained numbers
 * @param seconds of a step
 * @param work floating-point operations of a step's matrix products
 * @param operations mean seconds of a step by kind of operation
 * @param memory what was held
 */
public record StepRates(
    int batch,
    long parameters,
    Spread seconds,
    long work,
    Map<String, Double> operations,
    Memory memory) {

  /**
   * Bytes.
   *
   * @param peak most that the process held at once
   * @param growth what it held more after the counted steps than before
   * @param activations planned for activations and their gradients
   * @param heapPerStep Java heap that a step allocated
   */
  public record Memory(long peak, long growth, long activations, long heapPerStep) {}

  /** Images trained on in a second; the median. */
  public double imagesPerSecond() {
    return rate().median();
  }

  private Spread rate() {
    return new Spread(
        batch / seconds.median(), batch / seconds.largest(), batch / seconds.smallest());
  }

  /** A table for people. */
  public String text() {
    List<String> lines = new ArrayList<>();
    Spread rate = rate();
    lines.add(
        format(
            "%,.1f images/s (%,.1f to %,.1f), %,.1f ms a step of %d images, %,.0f GFLOP/s in products",
            rate.median(),
            rate.smallest(),
            rate.largest(),
            1e3 * seconds.median(),
            batch,
            work / seconds.median() / 1e9));
    lines.add(
        format(
            "%,d parameters; peak memory %,d MiB, of it activations %,d MiB; growth %,d KiB;"
                + " Java heap allocated per step %,d bytes",
            parameters,
            memory.peak() >> 20,
            memory.activations() >> 20,
            memory.growth() >> 10,
            memory.heapPerStep()));
    double all = operations.values().stream().mapToDouble(Double::doubleValue).sum();
    operations.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEach(
            operation ->
                lines.add(
                    format(
                        "  %-26s %9.2f ms %5.1f %%",
                        operation.getKey(),
                        1e3 * operation.getValue(),
                        100 * operation.getValue() / all)));
    return String.join(System.lineSeparator(), lines);
  }

  /** Adds itself to a JSON object. */
  public void addTo(ObjectNode node) {
    node.put("batch", batch).put("parameters", parameters);
    rate().addTo(node.putObject("images_per_second"));
    node.put("gflops", work / seconds.median() / 1e9);
    ObjectNode milliseconds = node.putObject("milliseconds_per_step");
    operations.forEach((kind, each) -> milliseconds.put(kind, 1e3 * each));
    node.put("peak_resident_bytes", memory.peak());
    node.put("resident_growth_bytes", memory.growth());
    node.put("activation_bytes", memory.activations());
    node.put("heap_bytes_per_step", memory.heapPerStep());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
