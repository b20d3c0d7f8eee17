package org.sparkmim.job.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProbesOnSparkTest {

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("probes-test")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 2)
            .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void separableClassesAreToldApartWhateverTheScaleOfAFeature() {
    LinearProbe.Fit fit =
        new LinearProbe(List.of(1e-4, 1e-2), 25).fit(blobs(1, 300, 6.0), blobs(2, 90, 6.0));

    assertThat(fit.accuracy()).isGreaterThan(0.98);
    assertThat(fit.heldOut()).containsOnlyKeys(1e-4, 1e-2);
  }

  @Test
  void noiseGivesChance() {
    LinearProbe.Fit fit =
        new LinearProbe(List.of(1e-2), 25).fit(blobs(3, 600, 0.0), blobs(4, 600, 0.0));

    assertThat(fit.accuracy()).isCloseTo(1.0 / 3, within(0.1));
    assertThat(fit.heldOut()).isEmpty();
  }

  @Test
  void penaltyIsChosenOnTheHeldOutSamples() {
    LinearProbe.Fit fit =
        new LinearProbe(List.of(1e5, 1e-3), 25).fit(blobs(5, 300, 6.0), blobs(6, 90, 6.0));

    // Under so heavy a penalty nothing but the intercepts is left.
    assertThat(fit.heldOut().get(1e5)).isLessThan(fit.heldOut().get(1e-3));
    assertThat(fit.l2()).isEqualTo(1e-3);
  }

  @Test
  void thePublishedProbeTellsClassesApartWhereverTheRowsLie() {
    // LARS moves by a share of the weights' norm: few steps of a small batch need a high rate.
    LarsProbe probe = new LarsProbe(100, 10, 64, 25);
    Dataset<Row> train = FeatureTable.select(blobs(9, 300, 6.0), FeatureTable.FEATURES);
    Dataset<Row> test = FeatureTable.select(blobs(10, 90, 6.0), FeatureTable.FEATURES);
    double accuracy = probe.classify(train.repartition(1), test, 3).accuracy();
    assertThat(accuracy).isGreaterThan(0.98);
    assertThat(probe.classify(train.repartition(5), test, 3).accuracy()).isEqualTo(accuracy);
    assertThat(probe.settings()).containsEntry("base-lr", 25.0).containsEntry("epochs", 100.0);
  }

  @Test
  void thePublishedProbeNeedsABatch() {
    Dataset<Row> one = FeatureTable.select(blobs(11, 1, 6.0), FeatureTable.FEATURES);
    assertThatThrownBy(() -> new LarsProbe(1, 0, 2, 0.1).classify(one, one, 3))
        .hasMessageContaining("and there are 1; use lbfgs");
  }

  @Test
  void neighboursOverPartitionsAreThoseOfOneTable() {
    Dataset<Row> train = FeatureTable.select(blobs(7, 200, 2.0), FeatureTable.FEATURES);
    Dataset<Row> test = FeatureTable.select(blobs(8, 60, 2.0), FeatureTable.UNTRAINED);
    Knn knn = new Knn(5, 0.07);
    FeatureBlock queries = FeatureTable.block(test.collectAsList().iterator());
    int[] expected = knn.classify(queries, FeatureTable.block(train.collectAsList().iterator()), 3);
    long right = IntStream.range(0, 60).filter(i -> expected[i] == queries.labels()[i]).count();

    for (int partitions : new int[] {1, 7}) {
      assertThat(NearestVote.accuracy(spark, train.repartition(partitions), test, knn, 3))
          .as("%d partitions", partitions)
          .isEqualTo(right / 60.0);
    }
  }

  /** Three classes in four dimensions; the second dimension is a thousand times the others. */
  private static Dataset<Row> blobs(long seed, int count, double distance) {
    Random random = new Random(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = random.nextInt(3);
      float[] f = new float[4];
      for (int d = 0; d < 4; d++) {
        f[d] = (float) (random.nextGaussian() + (d == label ? distance : 0));
      }
      f[1] *= 1000;
      Vector features = FeatureTable.vector(f, 0, 4);
      rows.add(FeatureTable.row(i, label, features, features));
    }
    return spark.createDataFrame(rows, FeatureTable.SCHEMA);
  }
}
