package org.sparkmim.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkmim.model.ModelException;

class EngineSpecTest {
  private static Config engine(String name, String targets) {
    return ConfigFactory.parseString(
        "name = %s, precision = f32, targets = %s".formatted(name, targets));
  }

  @ParameterizedTest
  @CsvSource({"cuda, device, true", "reference, device, true", "cuda, loader, false"})
  void enginesMakeTargetsWhereTheyAreToldTo(String name, String targets, boolean makes) {
    EngineSpec spec = EngineSpec.from(engine(name, targets));
    assertThat(spec.makesTargets()).isEqualTo(makes);
    assertThat(spec.onDevice(3).makesTargets()).isEqualTo(makes);
  }

  @ParameterizedTest
  @CsvSource({"onednn", "nd4j"})
  void othersRefuse(String name) {
    assertThatThrownBy(() -> EngineSpec.from(engine(name, "device")))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "engine.targets = device does not go with engine.name = %s: only cuda makes targets on its device (and reference, to compare). Use engine.targets = loader.",
            name);
  }

  @Test
  void whatAutoStandsForDecides() {
    Config auto = engine("auto", "device");
    assertThat(EngineSpec.from(auto)).isEqualTo(EngineSpec.of("onednn", "f32"));
    assertThat(EngineSpec.from(auto, "cuda").makesTargets()).isTrue();
    assertThatThrownBy(() -> EngineSpec.from(auto, "onednn"))
        .hasMessageContaining("does not go with engine.name = onednn");
  }

  @Test
  void onTheDriverNobodyMakesThem() {
    EngineSpec cuda = EngineSpec.from(engine("cuda", "device"));
    assertThat(cuda.onHost()).isEqualTo(EngineSpec.of("onednn", "f32"));
  }

  @Test
  void anotherWordIsRefused() {
    assertThatThrownBy(() -> EngineSpec.from(engine("cuda", "gpu")))
        .hasMessage("engine.targets = gpu is not one of loader, device.");
  }
}
