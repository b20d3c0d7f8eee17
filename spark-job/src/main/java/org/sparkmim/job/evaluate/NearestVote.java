package org.sparkmim.job.evaluate;

import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * kNN over rows spread on a cluster: every task searches its share of the training rows for all
 * test images, and the lists of the nearest are merged. Neither side has to fit into one task
 * whole, and the result does not depend on how the rows are spread.
 */
final class NearestVote {

  private NearestVote() {}

  /**
   * Share of the test images that their neighbours classify rightly.
   *
   * @param train columns id, label, features
   * @param test the same
   */
  static double accuracy(
      SparkSession spark, Dataset<Row> train, Dataset<Row> test, Knn knn, int classes) {
    List<Row> rows = test.collectAsList();
    FeatureBlock queries = FeatureTable.block(rows.iterator()).unitRows();
    Broadcast<FeatureBlock> shared =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(queries);
    try {
      Neighbours nearest =
          train
              .toJavaRDD()
              .mapPartitions(
                  part ->
                      List.of(knn.search(shared.value(), FeatureTable.block(part).unitRows()))
                          .iterator())
              .treeReduce(Neighbours::merge);
      return share(knn.vote(nearest, classes), queries.labels());
    } finally {
      shared.destroy();
    }
  }

  private static double share(int[] predicted, int[] labels) {
    int right = 0;
    for (int i = 0; i < labels.length; i++) {
      right += predicted[i] == labels[i] ? 1 : 0;
    }
    return (double) right / labels.length;
  }
}
