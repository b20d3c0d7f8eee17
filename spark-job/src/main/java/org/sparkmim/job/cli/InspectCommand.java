package org.sparkmim.job.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.sparkmim.data.batch.ContactSheet;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.DatasetManifest;
import org.sparkmim.data.dataset.Inspection;
import org.sparkmim.job.MimException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verifies a dataset and shows what is in it. */
@Command(
    name = "inspect",
    description = "Verifies every byte of a dataset and shows counts, classes, sizes and pictures.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "DATASET", description = "Dataset made by mim ingest.")
  private String data;

  @Option(
      names = "--contact-sheet",
      paramLabel = "FILE",
      description = "Where to draw some of its images (PNG). Default: contact-sheet.png here.",
      defaultValue = "contact-sheet.png")
  private Path sheet;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
    Inspection inspection = Inspection.of(hadoop, data);
    Optional<Path> drawn = inspection.sound() ? Optional.of(draw(hadoop)) : Optional.empty();
    PrintWriter out = spec.commandLine().getOut();
    out.println(json ? json(inspection, drawn) : text(inspection, drawn));
    out.flush();
    return inspection.sound() ? ExitCode.DONE.code() : ExitCode.INPUT.code();
  }

  private Path draw(Configuration hadoop) {
    try {
      return Files.write(sheet, ContactSheet.png(Dataset.open(hadoop, data)));
    } catch (IOException e) {
      throw MimException.usage(
          "Cannot write the contact sheet "
              + sheet
              + ": "
              + e.getMessage()
              + ". Name another file with --contact-sheet.",
          e);
    }
  }

  private static String text(Inspection inspection, Optional<Path> drawn) {
    DatasetManifest manifest = inspection.manifest();
    List<String> lines = new ArrayList<>();
    lines.add(inspection.uri() + (inspection.sound() ? " is sound." : " is DAMAGED:"));
    inspection.damage().forEach(damage -> lines.add("  " + damage));
    if (!inspection.sound()) {
      lines.add("Restore what is named from a copy, or remove the dataset and ingest it again.");
    }
    lines.add(
        format(
            "%,d images in %,d shards, hash %s",
            manifest.samples(), manifest.shards().size(), manifest.hash()));
    inspection.widths().ifPresent(spread -> lines.add("width   " + text(spread, "pixels")));
    inspection.heights().ifPresent(spread -> lines.add("height  " + text(spread, "pixels")));
    inspection.fileBytes().ifPresent(spread -> lines.add("file    " + text(spread, "bytes")));
    lines.add(manifest.labels().isEmpty() ? "no labels" : manifest.labels().size() + " classes:");
    for (DatasetManifest.Label label : manifest.labels()) {
      lines.add(format("  %,8d  %s", label.samples(), label.name()));
    }
    manifest
        .quarantined()
        .forEach((reason, count) -> lines.add(format("left out as %s: %,d", reason, count)));
    inspection
        .quarantine()
        .forEach(row -> lines.add("  " + row.path() + ": " + row.reason() + ", " + row.message()));
    drawn.ifPresent(file -> lines.add("Contact sheet: " + file));
    return String.join(System.lineSeparator(), lines);
  }

  private static String text(Inspection.Spread spread, String unit) {
    return format(
        "%,d to %,d %s, median %,d", spread.smallest(), spread.largest(), unit, spread.median());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String json(Inspection inspection, Optional<Path> drawn) {
    DatasetManifest manifest = inspection.manifest();
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("dataset", inspection.uri()).put("sound", inspection.sound());
    inspection.damage().forEach(node.putArray("damage")::add);
    node.put("samples", manifest.samples()).put("hash", manifest.hash());
    node.put("shards", manifest.shards().size());
    spread(node, "width", inspection.widths());
    spread(node, "height", inspection.heights());
    spread(node, "file_bytes", inspection.fileBytes());
    ObjectNode classes = node.putObject("classes");
    manifest.labels().forEach(label -> classes.put(label.name(), label.samples()));
    ObjectNode quarantined = node.putObject("quarantined");
    manifest.quarantined().forEach(quarantined::put);
    drawn.ifPresent(file -> node.put("contact_sheet", file.toString()));
    return node.toString();
  }

  private static void spread(ObjectNode node, String name, Optional<Inspection.Spread> spread) {
    spread.ifPresent(
        values ->
            node.putObject(name)
                .put("smallest", values.smallest())
                .put("median", values.median())
                .put("largest", values.largest()));
  }
}
