package org.sparkmim.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

final class MemoryPlanTest {
  private static final ModelSpec SPEC =
      ModelSpec.localMim(
          32,
          new VitShape(8, 32, 4, 2, 2),
          List.of(1, 3),
          List.of(1.0, 0.5),
          new ModelSpec.Decoder(16, 1, 2),
          0.5,
          9);

  @Test
  void activationsAreWhatTheNetworkAllocates() {
    EngineSpec engine = EngineSpec.of("onednn", "f32");
    MemoryPlan plan = MemoryPlan.of(SPEC, engine, 6);
    try (Network network = Network.create(SPEC, engine, 6)) {
      assertThat(plan.engineBytes()).isEqualTo(network.activationBytes());
      assertThat(plan.parameters()).isEqualTo(network.layout().size());
    }
  }

  @ParameterizedTest
  @CsvSource({"onednn, bf16", "reference, f32", "nd4j, f32"})
  void packedOperandsDoublesAndCopiesOfTheStateCount(String engine, String precision) {
    EngineSpec spec = EngineSpec.of(engine, precision);
    MemoryPlan plan = MemoryPlan.of(SPEC, spec, 6);
    try (Network network = Network.create(SPEC, spec, 6)) {
      assertThat(plan.engineBytes())
          .isGreaterThan(network.activationBytes())
          .isLessThan(network.activationBytes() + 3 * Double.BYTES * plan.parameters());
    }
  }

  @Test
  void whereTheEngineMakesTargetsImagesTakeTheirPlace() {
    EngineSpec loader = new EngineSpec("cuda", Precision.F32, 0);
    EngineSpec device = new EngineSpec("cuda", Precision.F32, 0, true);
    MemoryPlan written = MemoryPlan.of(SPEC, loader, 6);
    MemoryPlan made = MemoryPlan.of(SPEC, device, 6);
    long images = 6 * 3 * 32 * 32;
    long targets = 6 * (4 * 4 + 2 * 2) * 27 * Float.BYTES;
    assertThat(made.minibatchBytes()).isEqualTo(written.minibatchBytes() - targets + images);
    assertThat(made.deviceBytes()).isEqualTo(written.deviceBytes() + images);
  }
}
