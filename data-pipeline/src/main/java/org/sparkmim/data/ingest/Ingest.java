package org.sparkmim.data.ingest;

import java.io.IOException;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.dataset.DatasetManifest;
import org.sparkmim.data.dataset.DatasetManifest.FileEntry;
import org.sparkmim.data.dataset.ParquetTables;
import org.sparkmim.data.dataset.Sha256;
import org.sparkmim.data.dataset.Storage;
import org.sparkmim.data.ingest.OutputDirectory.State;
import org.sparkmim.data.source.Layout;
import org.sparkmim.data.source.LayoutDetection;
import org.sparkmim.data.source.SourceItem;
import org.sparkmim.data.source.SourceListing;
import org.sparkmim.data.source.SourceTree;

/**
 * Turns a picture collection into a data set: list, check every picture, plan, write shards,
 * commit. The result is a function of input and settings alone; running it again gives the same
 * bytes.
 */
public final class Ingest {
  private final SparkStages stages;
  private final Configuration hadoop;
  private final IngestSettings settings;
  private final OutputDirectory output;

  private Ingest(SparkSession spark, IngestSettings settings) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.stages = new SparkStages(context);
    this.hadoop = context.hadoopConfiguration();
    this.settings = settings;
    this.output = OutputDirectory.look(Storage.at(hadoop, settings.output()));
  }

  /**
   * Runs an ingest to its commit. When the same input was committed with the same settings before,
   * nothing is done.
   *
   * @throws DataException (argument) for an output that cannot be used; (input) for an input
   *     without a usable picture. Nothing is left behind then.
   */
  public static IngestReport run(SparkSession spark, IngestSettings settings) {
    return new Ingest(spark, settings).run();
  }

  private IngestReport run() {
    SourceTree tree = SourceTree.list(hadoop, settings.input());
    requireApart(tree);
    Layout layout = settings.layout().orElseGet(() -> LayoutDetection.of(hadoop, tree));
    SourceListing listing =
        SourceListing.of(
            hadoop,
            tree,
            layout,
            tars -> stages.list(tars, true),
            tars -> stages.list(tars, false));
    if (listing.items().isEmpty()) {
      throw DataException.input("%s holds no pictures%s", tree.root(), firstReason(listing));
    }
    String inputHash = inputHash(listing);
    if (output.before() == State.COMMITTED) {
      return alreadyThere(layout, inputHash);
    }
    output.begin(tree.root());
    try {
      return write(tree, listing, inputHash);
    } catch (DataException e) {
      output.abandon();
      throw e;
    } catch (IOException e) {
      throw new DataException(
          DataException.Kind.ARGUMENT,
          "Cannot write to the output " + output.storage().root() + ": " + e.getMessage(),
          e);
    }
  }

  private IngestReport write(SourceTree tree, SourceListing listing, String inputHash)
      throws IOException {
    List<Outcome> outcomes = stages.check(listing.items(), settings.preparation());
    ShardPlan plan = ShardPlan.of(listing, outcomes, settings.shardBytes());
    if (plan.samples() == 0) {
      throw DataException.input(
          "Not one of the %d files of %s is usable. The first: %s %s",
          plan.quarantine().size(),
          tree.root(),
          plan.quarantine().get(0).path(),
          plan.quarantine().get(0).message());
    }
    List<ShardWriter.Written> written =
        stages.write(plan.shards(), output.storage().root().toString(), settings.preparation());
    List<FileEntry> shards = written.stream().map(ShardWriter.Written::shard).toList();
    List<FileEntry> index = written.stream().map(ShardWriter.Written::index).toList();
    DatasetManifest manifest =
        new DatasetManifest(
            DatasetManifest.FORMAT,
            DatasetManifest.contentHash(plan.samples(), plan.labels(), shards),
            plan.samples(),
            plan.labels(),
            tree.root(),
            inputHash,
            settings.content(listing.layout()),
            shards,
            index,
            List.of(writeQuarantine(plan)),
            new TreeMap<>(plan.quarantinedByReason()));
    output.commit(manifest.toJson());
    return new IngestReport(output.storage().root().toString(), false, manifest);
  }

  private FileEntry writeQuarantine(ShardPlan plan) throws IOException {
    Storage storage = output.storage();
    Path path = storage.path(Dataset.QUARANTINE + "/quarantine-00000.parquet");
    ParquetTables.writeQuarantine(storage.fileSystem(), path, plan.quarantine());
    return ShardWriter.entry(storage.fileSystem(), path, plan.quarantine().size());
  }

  private IngestReport alreadyThere(Layout layout, String inputHash) {
    Storage storage = output.storage();
    DatasetManifest manifest = Dataset.readManifest(storage);
    if (!manifest.inputHash().equals(inputHash)) {
      throw DataException.argument(
          "The output %s holds a data set made from other files (%s). Give another output, or remove"
              + " it first.",
          storage.root(), manifest.input());
    }
    if (!manifest.settings().equals(settings.content(layout))) {
      throw DataException.argument(
          "The output %s holds a data set of this input made with other settings (%s instead of %s)."
              + " Give another output, or remove it first.",
          storage.root(), manifest.settings(), settings.content(layout));
    }
    return new IngestReport(storage.root().toString(), true, manifest);
  }

  /** An output inside the input would be ingested by the next run. */
  private void requireApart(SourceTree tree) {
    String inside = output.storage().root() + "/";
    if (inside.startsWith(tree.root() + "/")) {
      throw DataException.argument(
          "The output %s lies inside the input %s. Give a directory outside of it.",
          output.storage().root(), tree.root());
    }
  }

  private static String firstReason(SourceListing listing) {
    return listing.rejected().isEmpty()
        ? ". Check the path."
        : ". " + listing.rejected().get(0).path() + ": " + listing.rejected().get(0).message();
  }

  private static String inputHash(SourceListing listing) {
    StringBuilder names = new StringBuilder();
    for (SourceItem item : listing.items()) {
      names.append(item.name()).append('\n').append(item.label()).append('\n');
      names.append(item.offset()).append(' ').append(item.length()).append('\n');
    }
    listing.rejected().forEach(row -> names.append(row.path()).append('\n'));
    return Sha256.of(names.toString());
  }
}
