package org.sparkmim.job.evaluate;

import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.JobName;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.RunFiles;
import org.sparkmim.job.device.TaskDevice;
import org.sparkmim.job.evaluate.EvaluateSettings.Stage;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/**
 * Scores a checkpoint: features of two labelled datasets, then kNN and linear probe on them, always
 * beside the same network untrained. Results are kept in {@code eval/step-XXXXXXXX/} of the run.
 */
public final class Evaluation {

  private final SparkSession spark;
  private final EvaluateSettings settings;
  private final EngineSpec engine;

  /** Stages that run in that session with those settings. */
  public Evaluation(SparkSession spark, EvaluateSettings settings, EngineSpec engine) {
    this.spark = spark;
    this.settings = settings;
    this.engine = engine;
    TaskDevice.check(engine, spark.sparkContext().getConf());
  }

  /**
   * Runs stages on one checkpoint and writes their scores.
   *
   * @param trainUri labelled dataset to learn from
   * @param testUri labelled dataset of held-out images
   * @throws MimException (usage, input) for datasets that cannot be compared
   */
  public List<Score> run(
      Checkpoint checkpoint, List<Stage> stages, String trainUri, String testUri) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    Dataset train = Dataset.open(hadoop, trainUri);
    Dataset test = Dataset.open(hadoop, testUri);
    Labels labels = Labels.of(train, test);
    Config recipe = RunRecipe.of(checkpoint.record());
    ModelSpec model = ModelSpec.from(recipe.getConfig("model"));
    settings.requireFeatureOf(model);
    FeatureExtraction extraction =
        new FeatureExtraction(
            model,
            engine,
            settings.feature(),
            recipe.getLong("train.seed"),
            (int) Math.min(settings.batch(), Math.min(train.size(), test.size())));
    Broadcast<EncoderWeights> weights =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(EncoderWeights.read(hadoop, checkpoint.model(), model));
    var trainTable =
        extraction
            .table(spark, train, weights, labels.train())
            .persist(StorageLevel.MEMORY_AND_DISK());
    var testTable =
        extraction
            .table(spark, test, weights, labels.test())
            .persist(StorageLevel.MEMORY_AND_DISK());
    try {
      List<Score> scores = new ArrayList<>();
      for (Stage stage : stages) {
        try (JobName name = JobName.open(spark.sparkContext(), name(stage, checkpoint))) {
          Score score = score(stage, checkpoint, labels, trainTable, testTable, train, test);
          keep(hadoop, checkpoint, score);
          scores.add(score);
        }
      }
      return scores;
    } finally {
      trainTable.unpersist();
      testTable.unpersist();
      weights.destroy();
    }
  }

  private static String name(Stage stage, Checkpoint checkpoint) {
    return "evaluation of step "
        + checkpoint.progress().step()
        + " · "
        + EvaluateSettings.word(stage);
  }

  private Score score(
      Stage stage,
      Checkpoint checkpoint,
      Labels labels,
      org.apache.spark.sql.Dataset<Row> trainTable,
      org.apache.spark.sql.Dataset<Row> testTable,
      Dataset train,
      Dataset test) {
    long begin = System.nanoTime();
    SortedMap<String, Double> chosen = new TreeMap<>();
    double[] accuracies = new double[2];
    String[] columns = {FeatureTable.UNTRAINED, FeatureTable.FEATURES};
    for (int i = 0; i < columns.length; i++) {
      var from = FeatureTable.select(trainTable, columns[i]);
      var on = FeatureTable.select(testTable, columns[i]);
      switch (stage) {
        case KNN -> {
          accuracies[i] = NearestVote.accuracy(spark, from, on, settings.knn(), labels.count());
          chosen.put("k", (double) settings.knn().k());
          chosen.put("temperature", settings.knn().temperature());
        }
        case LINEAR -> {
          LinearProtocol.Outcome outcome = settings.linear().classify(from, on, labels.count());
          accuracies[i] = outcome.accuracy();
          chosen.putAll(settings.linear().settings());
          String prefix = i == 0 ? "random-init-" : "";
          outcome.chosen().forEach((key, value) -> chosen.put(prefix + key, value));
        }
      }
    }
    return new Score(
        EvaluateSettings.word(stage),
        checkpoint.progress().step(),
        EvaluateSettings.word(settings.feature()),
        chosen,
        new Score.Data(train.uri(), train.hash(), train.size()),
        new Score.Data(test.uri(), test.hash(), test.size()),
        labels.count(),
        accuracies[1],
        accuracies[0],
        (System.nanoTime() - begin) / 1e9);
  }

  private static void keep(Configuration hadoop, Checkpoint checkpoint, Score score) {
    new RunFiles(hadoop)
        .write(new Path(folder(checkpoint), fileName(score)), score.toJson() + "\n");
  }

  private static Path folder(Checkpoint checkpoint) {
    return new Path(new Path(checkpoint.run(), RunFiles.SCORES), checkpoint.name());
  }

  private static String fileName(Score score) {
    boolean usual = score.feature().equals("mean");
    return String.format(
        Locale.ROOT,
        "%s%s%s.json",
        score.stage(),
        score.byLars() ? "-lars" : "",
        usual ? "" : "-" + score.feature());
  }

  /** All scores that are kept in a run, by step and name. */
  public static List<Score> kept(Configuration hadoop, Path run) {
    RunFiles files = new RunFiles(hadoop);
    List<Score> scores = new ArrayList<>();
    for (Path step : files.list(new Path(run, RunFiles.SCORES))) {
      for (Path file : files.list(step)) {
        if (file.getName().endsWith(".json")) {
          scores.add(Score.fromJson(files.read(file), file.toString()));
        }
      }
    }
    return scores;
  }
}
