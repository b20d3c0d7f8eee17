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
          new Schedule(
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
    assertThat(new Schedule(0.1, 0, 0, 5, 10).rate(0)).isEqualTo(0.1);
  }
}
