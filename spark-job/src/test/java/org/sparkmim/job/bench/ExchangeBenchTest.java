package org.sparkmim.job.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.cli.Mim;
import org.sparkmim.job.cli.SparkSessions;

final class ExchangeBenchTest {
  @Test
  void theFirstRowIsWhatOthersAreComparedWith() throws IOException {
    ExchangeRates rates =
        new ExchangeRates(
            2,
            1000,
            List.of(
                new ExchangeRates.Row("stock", 5, 24_000),
                new ExchangeRates.Row("ours", 20, 12_000)));
    assertThat(rates.text()).contains("1,000 parameters, 2 workers").contains(" 8.0x");
    JsonNode ours = new ObjectMapper().readTree(rates.json()).at("/rows/1");
    assertThat(ours.get("bytes_a_step").asDouble()).isEqualTo(600);
    assertThat(ours.get("fewer").asDouble()).isEqualTo(8);
  }

  @Test
  void theStockMastersResultsHoldTheWorkersParameters() {
    JavaSparkContext spark =
        JavaSparkContext.fromSparkContext(
            SparkSessions.open("tests", Optional.of("local[3,3]"), 3).sparkContext());
    // In one process nothing is broadcast; results are serialised all the same.
    long bytes = StockMasterBench.run(spark, 10_000, 2);
    assertThat(bytes).isBetween(2 * 4 * 10_000L, 2 * 5 * 10_000L);
  }

  @Test
  void insideOneProcessThereIsNothingToMeasure() {
    StringWriter err = new StringWriter();
    int code =
        Mim.run(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true),
            new String[] {"bench", "exchange"});
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("submit-scripts/bench-exchange");
  }
}
