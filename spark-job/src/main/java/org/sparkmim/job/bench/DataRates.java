package org.sparkmim.job.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.sparkmim.data.batch.StageClock.Stage;

/**
 * What one core does in a second of its own time.
 *
 * @param stages images/s of each stage alone
 * @param fill images/s of all stages together, from the file to the minibatch
 * @param allocatedBytes Java heap allocated for an image
 * @param images that were measured
 */
public record DataRates(
    Map<Stage, Spread> stages, Spread fill, Spread allocatedBytes, long images) {

  /** Images that a core finishes in a second, all stages together; the median. */
  public double imagesPerSecond() {
    return fill.median();
  }

  /** A table for people. */
  public String text() {
    List<String> lines = new ArrayList<>();
    lines.add("images/s per core    median       min       max   us/image");
    stages.forEach((stage, rate) -> lines.add(line(name(stage), rate)));
    lines.add(line("whole fill", fill));
    lines.add(
        String.format(
            Locale.ROOT,
            "%,d images; Java heap allocated per image: %,.0f bytes (%,.0f to %,.0f)",
            images,
            allocatedBytes.median(),
            allocatedBytes.smallest(),
            allocatedBytes.largest()));
    return String.join(System.lineSeparator(), lines);
  }

  /** Adds itself to a JSON object. */
  public void addTo(ObjectNode node) {
    ObjectNode perStage = node.putObject("stages_images_per_second_per_core");
    stages.forEach((stage, rate) -> rate.addTo(perStage.putObject(name(stage))));
    fill.addTo(node.putObject("fill_images_per_second_per_core"));
    allocatedBytes.addTo(node.putObject("heap_bytes_per_image"));
    node.put("images", images);
  }

  private static String line(String name, Spread rate) {
    return String.format(
        Locale.ROOT,
        "%-16s %,10.0f %,9.0f %,9.0f %,10.1f",
        name,
        rate.median(),
        rate.smallest(),
        rate.largest(),
        1e6 / rate.median());
  }

  private static String name(Stage stage) {
    return stage.name().toLowerCase(Locale.ROOT);
  }
}
