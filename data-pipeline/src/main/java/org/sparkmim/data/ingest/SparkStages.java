package org.sparkmim.data.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;
import org.sparkmim.data.DataException;
import org.sparkmim.data.dataset.Json;
import org.sparkmim.data.dataset.Storage;
import org.sparkmim.data.source.SourceItem;
import org.sparkmim.data.source.TarListing;
import org.sparkmim.data.source.TarRange;

/**
 * The steps of an ingest that run on executors. What travels is JSON text, so any serialiser that
 * the session is set to will do.
 */
final class SparkStages {
  private static final int ITEMS_PER_TASK = 512;

  private final JavaSparkContext spark;
  private final SerializableConfiguration hadoop;

  SparkStages(JavaSparkContext spark) {
    this.spark = spark;
    this.hadoop = new SerializableConfiguration(spark.hadoopConfiguration());
  }

  /** Work on one partition of JSON texts. */
  private interface PartitionWork extends java.io.Serializable {
    List<String> run(Configuration hadoop, Iterator<String> texts) throws IOException;
  }

  /** Lists tars, one task a tar. */
  List<TarListing> list(List<TarRange> tars, boolean ofClass) {
    PartitionWork work =
        (configuration, texts) -> {
          List<String> listings = new ArrayList<>();
          while (texts.hasNext()) {
            TarRange tar = parse(texts.next(), TarRange.class);
            listings.add(
                Json.write(
                    ofClass
                        ? TarListing.ofClass(configuration, tar)
                        : TarListing.ofSamples(configuration, tar)));
          }
          return listings;
        };
    return run("List tar archives", tars, 1, work, TarListing.class);
  }

  /** Reads and decodes every item. */
  List<Outcome> check(List<SourceItem> items, IngestSettings.Preparation settings) {
    PartitionWork work =
        (configuration, texts) -> {
          List<String> outcomes = new ArrayList<>();
          try (PictureCheck check = new PictureCheck(configuration, settings)) {
            while (texts.hasNext()) {
              outcomes.add(Json.write(check.check(parse(texts.next(), SourceItem.class))));
            }
          }
          return outcomes;
        };
    return run("Check pictures", items, ITEMS_PER_TASK, work, Outcome.class);
  }

  /** Writes the shards, one task a shard. */
  List<ShardWriter.Written> write(
      List<ShardTask> shards, String output, IngestSettings.Preparation settings) {
    PartitionWork work =
        (configuration, texts) -> {
          ShardWriter writer =
              new ShardWriter(configuration, Storage.at(configuration, output), settings);
          List<String> written = new ArrayList<>();
          while (texts.hasNext()) {
            written.add(Json.write(writer.write(parse(texts.next(), ShardTask.class))));
          }
          return written;
        };
    return run("Write shards", shards, 1, work, ShardWriter.Written.class);
  }

  private <T, R> List<R> run(
      String description, List<T> inputs, int perTask, PartitionWork work, Class<R> type) {
    if (inputs.isEmpty()) {
      return List.of();
    }
    List<String> texts = inputs.stream().map(Json::write).toList();
    int tasks = (inputs.size() + perTask - 1) / perTask;
    SerializableConfiguration configuration = hadoop;
    spark.sc().setJobDescription(description);
    try {
      return spark
          .parallelize(texts, tasks)
          .mapPartitions(partition -> work.run(configuration.value(), partition).iterator())
          .collect()
          .stream()
          .map(text -> parse(text, type))
          .toList();
    } catch (Exception e) {
      throw userMistakeIn(e);
    } finally {
      spark.sc().setJobDescription(null);
    }
  }

  /** Spark wraps what a task throws; a mistake the user can mend must reach the user as such. */
  private static RuntimeException userMistakeIn(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof DataException mistake) {
        return mistake;
      }
    }
    return e instanceof SparkException || !(e instanceof RuntimeException)
        ? new IllegalStateException(e.getMessage(), e)
        : (RuntimeException) e;
  }

  private static <T> T parse(String json, Class<T> type) {
    try {
      return Json.read(json, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read back " + type.getSimpleName(), e);
    }
  }
}
