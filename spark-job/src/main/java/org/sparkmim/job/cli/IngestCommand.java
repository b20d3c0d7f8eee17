package org.sparkmim.job.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.dataset.DatasetManifest;
import org.sparkmim.data.ingest.Ingest;
import org.sparkmim.data.ingest.IngestReport;
import org.sparkmim.data.ingest.IngestSettings;
import org.sparkmim.job.config.Recipe;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes a dataset out of a collection of images. */
@Command(
    name = "ingest",
    description = {
      "Makes a dataset out of images: class folders, a folder without labels, tars of class tars,"
          + " Parquet tables or WebDataset tars.",
      "Running it again gives the same bytes, and completes what was interrupted."
    },
    mixinStandardHelpOptions = true)
final class IngestCommand implements Runnable {
  @Option(
      names = "--input",
      required = true,
      paramLabel = "PATH",
      description = "File, directory or glob on any Hadoop file system.")
  private String input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DATASET",
      description = "New or empty directory for the dataset.")
  private String output;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Mixin private RecipeOptions recipes;
  @Mixin private SparkOptions sparks;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    Recipe recipe = recipes.load();
    IngestSettings settings = IngestSettings.from(recipe.section("data"), input, output);
    int threads = Runtime.getRuntime().availableProcessors();
    SparkSession session = sparks.open("ingest", recipe, threads);
    try {
      IngestReport report = Ingest.run(session, settings);
      PrintWriter out = spec.commandLine().getOut();
      out.println(json ? json(report) : text(report));
      out.flush();
    } finally {
      session.stop();
    }
  }

  private static String text(IngestReport report) {
    DatasetManifest manifest = report.manifest();
    StringBuilder text = new StringBuilder();
    text.append(report.alreadyThere() ? "Already ingested: " : "Ingested: ")
        .append(report.output())
        .append(
            String.format(
                "%n%,d images, %d classes, %d shards",
                manifest.samples(), manifest.labels().size(), manifest.shards().size()));
    manifest
        .quarantined()
        .forEach(
            (reason, count) -> text.append(String.format("%n%,d left out: %s", count, reason)));
    return text.toString();
  }

  private static String json(IngestReport report) {
    DatasetManifest manifest = report.manifest();
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("dataset", report.output())
        .put("already_there", report.alreadyThere())
        .put("hash", manifest.hash())
        .put("samples", manifest.samples())
        .put("classes", manifest.labels().size())
        .put("shards", manifest.shards().size());
    ObjectNode quarantined = node.putObject("quarantined");
    manifest.quarantined().forEach(quarantined::put);
    return node.toString();
  }
}
