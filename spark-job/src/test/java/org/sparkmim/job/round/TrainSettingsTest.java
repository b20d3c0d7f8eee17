package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.job.config.Recipe;

class TrainSettingsTest {
  private static final String SIZES =
      "workers = 2, batch-size = 8, epochs = 4, warmup-epochs = 1, base-lr = 0.16, min-lr = 0, ";

  /** 100 samples are seven steps of 16, the last of them short. */
  private static final long SAMPLES = 100;

  @Test
  void theCosineIsTheDefaultAndReachesItsPeakAfterTheWarmup() {
    TrainSettings settings = settings("");
    assertThat(settings.rate(0, 0, SAMPLES)).isZero();
    assertThat(settings.rate(0, 96, SAMPLES)).isEqualTo(0.0096, Offset.offset(1e-12));
    assertThat(settings.rate(1, 0, SAMPLES)).isEqualTo(0.01, Offset.offset(1e-12));
  }

  @Test
  void mmengineCountsStepsAndReachesItsPeakOnTheLastOfTheWarmup() {
    TrainSettings settings = settings("schedule = mmengine, warmup-start-factor = 0.1");
    assertThat(settings.rate(0, 0, SAMPLES)).isEqualTo(0.001, Offset.offset(1e-12));
    assertThat(settings.rate(0, 48, SAMPLES)).isEqualTo(0.0055, Offset.offset(1e-12));
    assertThat(settings.rate(0, 96, SAMPLES)).isEqualTo(0.01, Offset.offset(1e-12));
    assertThat(settings.rate(1, 0, SAMPLES)).isEqualTo(0.01, Offset.offset(1e-12));
    assertThat(settings.rate(1, 16, SAMPLES)).isLessThan(0.01);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "schedule = linear | train.schedule = linear is not known; allowed are cosine, mmengine.",
        "warmup-start-factor = 0 | train.warmup-start-factor = 0.0 must be above 0",
        "warmup-start-factor = 1.5 | train.warmup-start-factor = 1.5 must be above 0 and at most 1"
      })
  void anOddScheduleIsRefused(String override, String message) {
    assertThatThrownBy(() -> settings(override)).hasMessageContaining(message);
  }

  private static TrainSettings settings(String overrides) {
    return TrainSettings.from(
        ConfigFactory.parseString(SIZES + overrides)
            .withFallback(Recipe.defaults().section("train")));
  }
}
