package org.sparkmim.model.optim;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.GoldenSchedules;

class ScheduleTest {
  @Test
  void followsThePublishedRatesStepByStep() throws IOException {
    for (JsonNode golden : GoldenSchedules.read("cosine")) {
      Schedule schedule =
          new Schedule.Cosine(
              golden.get("lr").asDouble(),
              golden.get("min_lr").asDouble(),
              golden.get("warmup_epochs").asDouble(),
              golden.get("epochs").asDouble(),
              golden.get("steps_per_epoch").asLong());
      JsonNode rates = golden.get("values");
      assertThat(rates.size()).isPositive();
      for (int step = 0; step < rates.size(); step++) {
        assertThat(schedule.rate(step))
            .as("rate of step %d", step)
            .isEqualTo(rates.get(step).asDouble(), Offset.offset(1e-12));
      }
    }
  }

  @Test
  void withoutWarmupStartsAtThePeak() {
    assertThat(new Schedule.Cosine(0.1, 0, 0, 5, 10).rate(0)).isEqualTo(0.1);
  }

  @Test
  void mmengineHasThePeakOnTheLastWarmupStepAndOnTheNext() throws IOException {
    JsonNode golden = GoldenSchedules.read("mmpretrain_schedule");
    Schedule schedule =
        new Schedule.Mmengine(
            golden.get("lr").asDouble(),
            0,
            golden.get("start_factor").asDouble(),
            golden.get("warmup_epochs").asDouble(),
            golden.get("epochs").asDouble(),
            golden.get("steps_per_epoch").asLong());
    JsonNode rates = golden.get("values");
    assertThat(rates.size()).isPositive();
    for (int step = 0; step < rates.size(); step++) {
      assertThat(schedule.rate(step))
          .as("rate of step %d", step)
          .isEqualTo(rates.get(step).asDouble(), Offset.offset(1e-12));
    }
    assertThat(schedule.rate(13)).isEqualTo(golden.get("lr").asDouble());
  }

  @Test
  void mmengineWithoutWarmupOrWithOneStepOfItStartsAtThePeak() {
    assertThat(new Schedule.Mmengine(0.1, 0.01, 1e-4, 0, 5, 10).rate(0)).isEqualTo(0.1);
    assertThat(new Schedule.Mmengine(0.1, 0.01, 1e-4, 0.1, 5, 10).rate(0)).isEqualTo(0.1);
    assertThat(new Schedule.Mmengine(0.1, 0.01, 1e-4, 1, 5, 10).rate(50))
        .isEqualTo(0.01, Offset.offset(1e-15));
  }
}
