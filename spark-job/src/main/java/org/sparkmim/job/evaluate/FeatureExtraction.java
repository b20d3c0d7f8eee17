package org.sparkmim.job.evaluate;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;
import org.sparkmim.data.batch.EvaluationBatches;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.device.TaskDevice;
import org.sparkmim.job.evaluate.EvaluateSettings.Feature;
import org.sparkmim.model.Encoder;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/**
 * Encodes every image of a dataset in Spark tasks, each with the checkpoint and with the same
 * network untrained, so that images are read and decoded once for both.
 *
 * @param spec the network
 * @param seed that the untrained network is drawn from
 * @param batch images that the encoder takes at once
 */
record FeatureExtraction(ModelSpec spec, EngineSpec engine, Feature feature, long seed, int batch) {

  /** Shares per task thread: few enough to compile few encoders, enough to even out slow ones. */
  private static final int SHARES_PER_THREAD = 2;

  /**
   * A table of {@link FeatureTable#SCHEMA}, computed when it is used.
   *
   * @param weights of the checkpoint's encoder; to be destroyed by the caller after the last use
   * @param labels new label of each label number of the dataset
   */
  org.apache.spark.sql.Dataset<Row> table(
      SparkSession spark, Dataset dataset, Broadcast<EncoderWeights> weights, int[] labels) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    long samples = dataset.size();
    int shares =
        (int)
            Math.max(
                1,
                Math.min(
                    (samples + batch - 1) / batch,
                    (long) context.defaultParallelism() * SHARES_PER_THREAD));
    List<Share> ranges =
        IntStream.range(0, shares)
            .mapToObj(i -> new Share(samples * i / shares, samples * (i + 1) / shares))
            .toList();
    Source source =
        new Source(
            dataset.uri(),
            new SerializableConfiguration(context.hadoopConfiguration()),
            spec.toJson(),
            engine.name(),
            engine.precision().name(),
            feature,
            seed,
            batch,
            labels);
    JavaRDD<Row> rows =
        context
            .parallelize(ranges, shares)
            .mapPartitions(
                share -> {
                  Rows features = new Rows(source, weights.value(), share.next());
                  TaskContext.get()
                      .addTaskCompletionListener((TaskCompletionListener) done -> features.close());
                  return features;
                });
    return spark.createDataFrame(rows, FeatureTable.SCHEMA);
  }

  /** Sample ids from {@code first} to before {@code end}. */
  private record Share(long first, long end) implements Serializable {}

  /** What a task needs to know, in types that travel. */
  private record Source(
      String dataset,
      SerializableConfiguration hadoop,
      String model,
      String engine,
      String precision,
      Feature feature,
      long seed,
      int batch,
      int[] labels)
      implements Serializable {

    Encoder encoder() {
      EngineSpec placed = TaskDevice.of(EngineSpec.of(engine, precision));
      return Encoder.create(ModelSpec.fromJson(model), placed, batch);
    }

    Dataset open() {
      Configuration configuration = hadoop.value();
      return Dataset.open(configuration, dataset);
    }
  }

  /** The rows of one share, encoded batch by batch as they are asked for. */
  private static final class Rows implements Iterator<Row>, AutoCloseable {
    private final Source source;
    private final Share share;
    private final int width;
    private final EvaluationBatches batches;
    private final Encoder trained;
    private final Encoder untrained;
    private final float[] patches;
    private final int[] labels;
    private final float[][] features;
    private final float[] other;
    private long loaded;
    private long next;

    Rows(Source source, EncoderWeights weights, Share share) {
      this.source = source;
      this.share = share;
      ModelSpec spec = ModelSpec.fromJson(source.model());
      width = spec.width();
      batches = new EvaluationBatches(source.open(), spec.imageSize(), spec.patchSize());
      trained = source.encoder();
      weights.copyTo(trained);
      untrained = source.encoder();
      untrained.initialise(source.seed());
      patches = new float[source.batch() * spec.tokens() * spec.patchWidth()];
      labels = new int[source.batch()];
      features = new float[2][source.batch() * width];
      other = new float[source.batch() * width];
      loaded = share.first();
      next = share.first();
    }

    @Override
    public boolean hasNext() {
      return next < share.end();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      if (next == loaded) {
        load();
      }
      int at = (int) ((next - share.first()) % source.batch());
      Vector pretrained = FeatureTable.vector(features[0], at * width, width);
      Vector fresh = FeatureTable.vector(features[1], at * width, width);
      return FeatureTable.row(next++, source.labels()[labels[at]], pretrained, fresh);
    }

    /**
     * The last batch may be short: what is left in its tail from before is encoded and not read.
     */
    private void load() {
      int count = (int) Math.min(source.batch(), share.end() - loaded);
      batches.fill(loaded, count, patches, labels);
      encode(trained, features[0]);
      encode(untrained, features[1]);
      loaded += count;
    }

    private void encode(Encoder encoder, float[] out) {
      switch (source.feature()) {
        case MEAN -> encoder.encode(patches, out, other);
        case CLS -> encoder.encode(patches, other, out);
      }
    }

    @Override
    public void close() {
      batches.close();
      trained.close();
      untrained.close();
    }
  }
}
