package org.sparkmim.job.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.sparkmim.job.MimException;

final class VisibleDevicesTest {
  @Test
  void allDevicesHaveTheNumberOfTheirAddress() {
    assertThat(VisibleDevices.of(null).ordinalOf("3")).isEqualTo(3);
  }

  @Test
  void whatIsVisibleIsNumberedAnew() {
    assertThat(VisibleDevices.of("2, 5").ordinalOf("5")).isEqualTo(1);
    assertThat(VisibleDevices.of("GPU-a,GPU-b").ordinalOf("GPU-b")).isEqualTo(1);
  }

  @Test
  void aDeviceThatIsNotVisibleIsNamed() {
    assertThatThrownBy(() -> VisibleDevices.of("2,5").ordinalOf("0"))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("GPU 0")
        .hasMessageContaining("2,5");
    assertThatThrownBy(() -> VisibleDevices.of(null).ordinalOf("GPU-a"))
        .hasMessageContaining("GPU-a")
        .hasMessageContaining("not set");
  }
}
