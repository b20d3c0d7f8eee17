package org.sparkmim.job.evaluate;

import java.util.SortedMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** A way to fit a linear classifier on frozen features. */
public sealed interface LinearProtocol permits LinearProbe, LarsProbe {
  /**
   * Fits {@code train} and classifies {@code test}.
   *
   * @param train columns {@link FeatureTable#ID}, {@link FeatureTable#LABEL}, {@link
   *     FeatureTable#FEATURES}
   * @param test the same columns
   * @param classes number of labels
   */
  Outcome classify(Dataset<Row> train, Dataset<Row> test, int classes);

  /** What is fixed beforehand and kept beside a score. */
  SortedMap<String, Double> settings();

  /**
   * @param accuracy fraction of the test samples classified rightly
   * @param chosen what the fit chose for itself
   */
  record Outcome(double accuracy, SortedMap<String, Double> chosen) {}
}
