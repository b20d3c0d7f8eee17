package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.MimException;

class MetricsFileTest {

  private static final String FIRST =
      "{\"round\":1,\"epoch\":0.5,\"losses\":[0.3,0.2],\"lr\":1e-4,\"images_per_second\":99.5,"
          + "\"samples\":128,\"seconds\":{\"round\":1.5}}\n";

  @Test
  void everyFieldOfARoundIsRead() {
    List<Curve.Round> rounds = MetricsFile.rounds(FIRST, 2, "metrics.jsonl");

    assertThat(rounds).hasSize(1);
    Curve.Round round = rounds.get(0);
    assertThat(round.epoch()).isEqualTo(0.5);
    assertThat(round.losses()).containsExactly(0.3, 0.2);
    assertThat(round.total()).isEqualTo(0.5);
    assertThat(round.rate()).isEqualTo(1e-4);
    assertThat(round.imagesPerSecond()).isEqualTo(99.5);
    assertThat(round.samples()).isEqualTo(128);
    assertThat(round.seconds()).isEqualTo(1.5);
  }

  @Test
  void halfALastLineIsLeftOut() {
    assertThat(MetricsFile.rounds(FIRST + "{\"round\":2,\"epo", 2, "metrics.jsonl")).hasSize(1);
  }

  @Test
  void brokenLineInTheMiddleIsNamed() {
    assertThatThrownBy(() -> MetricsFile.rounds(FIRST + "oops\n" + FIRST, 2, "run/metrics.jsonl"))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("line 2 of run/metrics.jsonl");
  }

  @Test
  void anotherModelsMetricsAreRefused() {
    assertThatThrownBy(() -> MetricsFile.rounds(FIRST, 4, "run/metrics.jsonl"))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("4 losses");
  }
}
