package org.sparkmim.job.bench;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.sparkmim.job.round.AveragingRule;
import org.sparkmim.job.round.Exchange;
import org.sparkmim.job.round.Outer;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

/** Measures what DL4J's stock master and SparkMIM's rounds move, for a model of the same size. */
public final class ExchangeBench {
  /** The first round brings the state from the driver; of those behind it all are alike. */
  private static final int ROUNDS = 6;

  private ExchangeBench() {}

  /**
   * Runs every way to average.
   *
   * @param localSteps of SparkMIM's rounds; what a round moves does not depend on it
   */
  public static ExchangeRates run(
      JavaSparkContext spark, ModelSpec spec, EngineSpec engine, int workers, int localSteps) {
    List<ExchangeRates.Row> rows = new ArrayList<>();
    long parameters = 0;
    for (Outer outer : List.of(Outer.average(), new Outer(Outer.Kind.NESTEROV, 0.7, 0.9))) {
      for (Exchange exchange : Exchange.values()) {
        AveragingRule rule = new AveragingRule(outer, exchange);
        try (SparkTraffic traffic = new SparkTraffic(spark.sc())) {
          RoundRates rates = RoundBench.run(spark, spec, engine, rule, workers, ROUNDS);
          parameters = rates.parameters();
          String name = "SparkMIM, " + outer.kind().key() + ", " + exchange.key();
          long bytes = rates.roundBytes() + traffic.bytes() / ROUNDS;
          if (rows.isEmpty()) {
            rows.add(new ExchangeRates.Row(name, 1, bytes));
          }
          rows.add(new ExchangeRates.Row(name, localSteps, bytes));
        }
      }
    }
    rows.add(
        0,
        new ExchangeRates.Row(
            "DL4J's stock master",
            StockMasterBench.LOCAL_STEPS,
            StockMasterBench.run(spark, parameters, workers)));
    return new ExchangeRates(workers, parameters, rows);
  }
}
