package org.sparkmim.job.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.cli.Mim;
import org.sparkmim.job.cli.SparkSessions;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.job.round.AveragingRule;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;

final class RoundBenchTest {
  @Test
  void everyRoundIsMeasuredOnTheCodeThatTrains() throws IOException {
    SparkSession spark = SparkSessions.open("tests", Optional.of("local[3,3]"), 3);
    Recipe recipe = Recipe.defaults().with("model.arch", "vit-tiny", "test");
    RoundRates rates =
        RoundBench.run(
            JavaSparkContext.fromSparkContext(spark.sparkContext()),
            ModelSpec.from(recipe.section("model")),
            EngineSpec.of("onednn", "f32"),
            AveragingRule.plain(),
            2,
            3);

    assertThat(rates.rounds()).hasSize(3).allMatch(round -> round.seconds() > 0);
    assertThat(rates.rounds()).allMatch(round -> round.cost().meanSeconds() > 0);
    JsonNode json = new ObjectMapper().readTree(rates.json());
    assertThat(json.get("state_bytes").asLong()).isEqualTo(12 * json.get("parameters").asLong());
    assertThat(json.at("/seconds/round/median").asDouble())
        .isBetween(
            json.at("/seconds/round/min").asDouble(), json.at("/seconds/round/max").asDouble());
    // One process: nothing has to travel.
    assertThat(json.at("/bytes/driver_to_workers/first").asLong()).isZero();
    assertThat(rates.text()).contains("hand out", "average", "brings the state to the driver");
  }

  @Test
  void oneRoundIsTooFew() {
    StringWriter err = new StringWriter();
    int code =
        Mim.run(
            new PrintWriter(new StringWriter(), true),
            new PrintWriter(err, true),
            "bench",
            "round",
            "--rounds",
            "1");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("--rounds = 1", "at least 2");
  }
}
