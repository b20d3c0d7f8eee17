package org.sparkmim.job.evaluate;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.classification.LogisticRegressionModel;
import org.apache.spark.ml.feature.StandardScaler;
import org.apache.spark.ml.feature.StandardScalerModel;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.storage.StorageLevel;

/**
 * Multinomial logistic regression on frozen, standardised features. The weight of the L2 penalty is
 * chosen on a fifth of the training samples that the fit does not see, then all of them are fitted.
 *
 * <p>Objective: {@code mean log-loss + l2 / 2 * sum of squared weights}; intercepts are free.
 *
 * @param l2 penalties to try, in order of preference among equals
 * @param iterations L-BFGS steps of one fit at most
 */
public record LinearProbe(List<Double> l2, int iterations) implements LinearProtocol {

  /** One sample in this many is held out while the penalty is chosen. */
  private static final int HELD_OUT_EVERY = 5;

  private static final double TOLERANCE = 1e-5;
  private static final String SCALED = "scaled";

  /** Checks that there is something to try. */
  public LinearProbe {
    l2 = List.copyOf(l2);
    if (l2.isEmpty() || l2.stream().anyMatch(x -> !(x >= 0)) || iterations < 1) {
      throw new IllegalArgumentException(
          "Cannot fit with l2 = %s, iterations = %d".formatted(l2, iterations));
    }
  }

  @Override
  public Outcome classify(Dataset<Row> train, Dataset<Row> test, int classes) {
    Fit fit = fit(train, test);
    return new Outcome(fit.accuracy(), new TreeMap<>(Map.of("l2", fit.l2())));
  }

  @Override
  public SortedMap<String, Double> settings() {
    return new TreeMap<>();
  }

  /**
   * Fraction of {@code test} classified rightly after fitting {@code train}.
   *
   * @param train columns {@link FeatureTable#ID}, {@link FeatureTable#LABEL}, {@link
   *     FeatureTable#FEATURES}
   * @param test the same columns
   */
  public Fit fit(Dataset<Row> train, Dataset<Row> test) {
    Column heldOut =
        functions
            .pmod(functions.xxhash64(functions.col(FeatureTable.ID)), functions.lit(HELD_OUT_EVERY))
            .equalTo(0);
    Map<Double, Double> sweep = l2.size() == 1 ? Map.of() : sweep(train, heldOut);
    double best = l2.get(0);
    for (double candidate : l2) {
      if (sweep.getOrDefault(candidate, 0.0) > sweep.getOrDefault(best, 0.0)) {
        best = candidate;
      }
    }
    StandardScalerModel scaler = scaler(train);
    Dataset<Row> scaledTrain = cached(scaler.transform(train));
    try {
      LogisticRegressionModel model = regression(best).fit(scaledTrain);
      return new Fit(accuracy(model, scaler.transform(test)), best, new TreeMap<>(sweep));
    } finally {
      scaledTrain.unpersist();
    }
  }

  private Map<Double, Double> sweep(Dataset<Row> train, Column heldOut) {
    Dataset<Row> seen = train.where(functions.not(heldOut));
    StandardScalerModel scaler = scaler(seen);
    Dataset<Row> scaledSeen = cached(scaler.transform(seen));
    Dataset<Row> scaledHeld = cached(scaler.transform(train.where(heldOut)));
    try {
      Map<Double, Double> accuracies = new TreeMap<>();
      for (double candidate : l2) {
        accuracies.put(candidate, accuracy(regression(candidate).fit(scaledSeen), scaledHeld));
      }
      return accuracies;
    } finally {
      scaledSeen.unpersist();
      scaledHeld.unpersist();
    }
  }

  /** Every step of a fit is a Spark job: fewer, larger partitions make hundreds of them cheaper. */
  private static Dataset<Row> cached(Dataset<Row> rows) {
    int threads = rows.sparkSession().sparkContext().defaultParallelism();
    return rows.select(FeatureTable.LABEL, SCALED)
        .coalesce(threads)
        .persist(StorageLevel.MEMORY_AND_DISK());
  }

  private static StandardScalerModel scaler(Dataset<Row> rows) {
    return new StandardScaler()
        .setInputCol(FeatureTable.FEATURES)
        .setOutputCol(SCALED)
        .setWithMean(true)
        .setWithStd(true)
        .fit(rows);
  }

  private LogisticRegression regression(double penalty) {
    return new LogisticRegression()
        .setFamily("multinomial")
        .setFeaturesCol(SCALED)
        .setLabelCol(FeatureTable.LABEL)
        .setStandardization(false)
        .setRegParam(penalty)
        .setElasticNetParam(0)
        .setMaxIter(iterations)
        .setTol(TOLERANCE);
  }

  private static double accuracy(LogisticRegressionModel model, Dataset<Row> scaled) {
    Row counts =
        model
            .transform(scaled)
            .agg(
                functions.sum(
                    functions
                        .col(model.getPredictionCol())
                        .equalTo(functions.col(FeatureTable.LABEL))
                        .cast("long")),
                functions.count(functions.lit(1)))
            .head();
    return counts.isNullAt(0) ? 0 : (double) counts.getLong(0) / counts.getLong(1);
  }

  /**
   * Outcome of a probe.
   *
   * @param accuracy on the test samples
   * @param l2 the penalty chosen
   * @param heldOut accuracy on the held-out samples for each penalty tried; empty when there was
   *     nothing to choose
   */
  public record Fit(double accuracy, double l2, Map<Double, Double> heldOut) {}
}
