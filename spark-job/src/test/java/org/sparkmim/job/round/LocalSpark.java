package org.sparkmim.job.round;

import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.sparkmim.job.cli.SparkSessions;

/** The Spark that tests of this process share: three threads, and three attempts for a task. */
final class LocalSpark {
  private LocalSpark() {}

  static JavaSparkContext context() {
    return JavaSparkContext.fromSparkContext(
        SparkSessions.open("tests", Optional.of("local[3,3]"), 3).sparkContext());
  }
}
