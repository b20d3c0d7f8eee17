package org.sparkmim.job;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.sparkmim.job.commit.Progress;

/**
 * What Spark's UI and event log call the jobs that this thread starts until the name is closed,
 * instead of the line of code that started them.
 */
public final class JobName implements AutoCloseable {
  private static final String DESCRIPTION = "spark.job.description";
  private static final String STAGE = "callSite.short";

  private final SparkContext spark;
  private final Map<String, String> before = new LinkedHashMap<>();

  private JobName(SparkContext spark, String name) {
    this.spark = spark;
    for (String key : new String[] {DESCRIPTION, STAGE}) {
      before.put(key, spark.getLocalProperty(key));
      spark.setLocalProperty(key, name);
    }
  }

  /** Names jobs until it is closed, which brings back the name before. */
  public static JobName open(SparkContext spark, String name) {
    return new JobName(spark, name);
  }

  /**
   * Shows an act that is no job of Spark's, once it is done: as a job without tasks, which costs
   * nothing.
   */
  public static void mark(SparkContext spark, String name) {
    try (JobName named = open(spark, name)) {
      spark.emptyRDD(scala.reflect.ClassTag$.MODULE$.Nothing()).count();
    }
  }

  /**
   * As in {@code round 12 · steps 145-156 · epoch 0.31}; the epoch is how far the round comes.
   *
   * @param samples samples in an epoch
   */
  public static String ofRound(Progress start, Progress end, long samples) {
    double epoch = end.epoch() + end.position() / (double) samples;
    return String.format(
        Locale.ROOT,
        "round %d · steps %d-%d · epoch %.2f",
        end.round(),
        start.step() + 1,
        end.step(),
        epoch);
  }

  @Override
  public void close() {
    before.forEach(spark::setLocalProperty);
  }
}
