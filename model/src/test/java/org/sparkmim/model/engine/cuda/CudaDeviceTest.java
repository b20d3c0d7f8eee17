package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.optim.Optimizer;

/**
 * The calls of driver, NVRTC and cuBLASLt, by way of the preset's natives, on a fake driver that
 * does everything as late as it may: same bits as the emulated device, nothing left behind.
 */
class CudaDeviceTest {
  @ParameterizedTest
  @EnumSource
  void trainsAsTheEmulatedDeviceDoesAndLeavesNothing(Precision precision)
      throws IOException, InterruptedException {
    FakeGpu.Outcome outcome = FakeGpu.run(Map.of(), FakeTraining.class, precision.name());
    String expected =
        FakeTraining.describe(
            TrainingRun.of(new EmulatedEngine(), precision, Optimizer.AdamW.published()));
    String made = FakeTraining.describeMade(HogTest.losses(new EmulatedEngine(), precision, true));
    assertThat(outcome.output())
        .contains(expected, made)
        .containsPattern("fake: a graph of \\d+ nodes")
        .doesNotContain("are left");
    assertThat(outcome.status()).isZero();
  }

  private static void refuses(Map<String, String> environment, String... parts)
      throws IOException, InterruptedException {
    FakeGpu.Outcome outcome = FakeGpu.run(environment, FakeTraining.class, "F32");
    assertThat(outcome.output())
        .contains("REFUSED ")
        .contains(parts)
        .doesNotContain("are left", "Exception");
  }

  @Test
  void refusesWhatTheDriverOrTheCompilerSays() throws IOException, InterruptedException {
    refuses(Map.of("FAKE_DEVICES", "0"), "the driver finds no GPU");
    refuses(Map.of("FAKE_DRIVER", "11080"), "the driver serves CUDA 11.8");
    refuses(Map.of("FAKE_MAJOR", "7"), "Fake H100 has compute capability 7.0");
    refuses(Map.of("FAKE_MAJOR", "10"), "does not know this GPU's architecture, sm_100");
  }

  @Test
  void refusesWithNumbersWhenMemoryRunsOutAndGivesBackWhatItHad()
      throws IOException, InterruptedException {
    refuses(
        Map.of("FAKE_MEMORY", String.valueOf(33L << 20)),
        "Fake H100 has too little memory",
        "Lower train.batch-size");
    refuses(Map.of("FAKE_MEMORY", "1000"), "32 MiB were asked for, 1 MiB of 1 MiB are free");
  }
}
