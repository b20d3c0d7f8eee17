package org.sparkmim.data.ingest;

import org.apache.spark.sql.SparkSession;

/** An embedded Spark for tests, under the serialiser that training runs with. */
public final class LocalSpark {
  private static SparkSession session;

  private LocalSpark() {}

  /** The running session when it has that many threads, else a new one. */
  public static synchronized SparkSession with(int threads) {
    String master = "local[" + threads + "]";
    if (session != null && !session.sparkContext().master().equals(master)) {
      session.stop();
      session = null;
    }
    if (session == null) {
      session =
          SparkSession.builder()
              .master(master)
              .appName("data-pipeline tests")
              .config("spark.ui.enabled", "false")
              .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
              .getOrCreate();
      session.sparkContext().setLogLevel("ERROR");
    }
    return session;
  }
}
