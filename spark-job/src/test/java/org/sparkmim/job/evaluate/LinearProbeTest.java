package org.sparkmim.job.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LinearProbeTest {

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder()
            .master("local[2]")
            .appName("linear-probe-test")
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
        new LinearProbe(List.of(1e-4, 1e-2), 50).fit(blobs(1, 300, 6.0), blobs(2, 90, 6.0));

    assertThat(fit.accuracy()).isGreaterThan(0.98);
    assertThat(fit.heldOut()).containsOnlyKeys(1e-4, 1e-2);
  }

  @Test
  void noiseGivesChance() {
    LinearProbe.Fit fit =
        new LinearProbe(List.of(1e-2), 50).fit(blobs(3, 600, 0.0), blobs(4, 600, 0.0));

    assertThat(fit.accuracy()).isCloseTo(1.0 / 3, within(0.1));
    assertThat(fit.heldOut()).isEmpty();
  }

  @Test
  void penaltyIsChosenOnTheHeldOutSamples() {
    LinearProbe.Fit fit =
        new LinearProbe(List.of(1e5, 1e-3), 50).fit(blobs(5, 300, 6.0), blobs(6, 90, 6.0));

    // Under so heavy a penalty nothing but the intercepts is left.
    assertThat(fit.heldOut().get(1e5)).isLessThan(fit.heldOut().get(1e-3));
    assertThat(fit.l2()).isEqualTo(1e-3);
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
      rows.add(FeatureTable.row(i, label, f, 0, 4));
    }
    return spark.createDataFrame(rows, FeatureTable.SCHEMA);
  }
}
