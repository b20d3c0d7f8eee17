package org.sparkmim.model.engine.nd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.nd4j.Gpus.Gpu;

class PreflightTest {
  @ParameterizedTest
  @CsvSource({"3.7", "7.5", "8.0", "8.6", "8.9"})
  void whatHasCodeIsTaken(String capability) {
    assertThatCode(() -> Preflight.check(machine(gpu(capability)), 0)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"9.0", "10.0", "12.0"})
  void whatIsTooNewIsSentToTheCudaEngine(String capability) {
    assertThatThrownBy(() -> Preflight.check(machine(gpu(capability)), 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(
            "GPU 0, GPU of " + capability,
            "compute capability " + capability,
            "3.7 to 8.6",
            "engine.name = cuda");
  }

  @ParameterizedTest
  @CsvSource({"3.5", "3.0", "2.1"})
  void whatIsTooOldIsSentToTheCpu(String capability) {
    assertThatThrownBy(() -> Preflight.check(machine(gpu(capability)), 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("compute capability " + capability, "engine.name = onednn")
        .hasMessageNotContaining("engine.name = cuda");
  }

  @Test
  void onlyTheGpuThatIsAskedForCounts() {
    Gpus mixed = machine(gpu("9.0"), gpu("8.6"));
    assertThatCode(() -> Preflight.check(mixed, 1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> Preflight.check(mixed, 0)).hasMessageContaining("9.0");
    assertThatThrownBy(() -> Preflight.check(mixed, 2))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("GPU 2", "CUDA finds 2", "BACKEND_PRIORITY_CPU=200");
  }

  @Test
  void withoutTheCudaBackendNobodyAsksForGpus() {
    assertThatCode(() -> Preflight.check(machine(false, new IllegalStateException("asked")), 0))
        .doesNotThrowAnyException();
    assertThat(new CudaGpus().used()).as("in this build").isFalse();
  }

  @Test
  void missingLibrariesAndOldDriversAreExplained() {
    assertThatThrownBy(
            () ->
                Preflight.check(
                    machine(true, new UnsatisfiedLinkError("no jnicudart in java.library.path")),
                    0))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("libcudart.so.11.0", "no jnicudart", "engine.name = onednn");
    assertThatThrownBy(
            () ->
                Preflight.check(
                    machine(true, new IllegalStateException("CUDA error code: [35]")), 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("driver", "510", "engine.name = onednn");
  }

  private static Gpu gpu(String capability) {
    String[] parts = capability.split("\\.", 2);
    return new Gpu("GPU of " + capability, Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  private static Gpus machine(Gpu... gpus) {
    return new Gpus() {
      @Override
      public boolean used() {
        return true;
      }

      @Override
      public List<Gpu> list() {
        return List.of(gpus);
      }
    };
  }

  private static Gpus machine(boolean used, Throwable failure) {
    return new Gpus() {
      @Override
      public boolean used() {
        return used;
      }

      @Override
      public List<Gpu> list() {
        if (failure instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) failure;
      }
    };
  }
}
