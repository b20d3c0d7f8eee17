package org.sparkmim.model.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SoftTargetsTest {
  private static final Offset<Float> CLOSE = Offset.offset(1e-7f);

  @Test
  void withoutSmoothingOrMixingTheLabelHasAll() {
    assertThat(SoftTargets.of(new int[] {2, 0}, 3, 0, 1)).containsExactly(0, 0, 1, 1, 0, 0);
  }

  @Test
  void smoothingGivesEveryClassTheSame() {
    assertThat(SoftTargets.of(new int[] {1}, 4, 0.2, 1))
        .containsExactly(new float[] {0.05f, 0.85f, 0.05f, 0.05f}, CLOSE);
  }

  @Test
  void mixingSharesWithTheBatchInReverseOrder() {
    assertThat(SoftTargets.of(new int[] {0, 1, 2}, 3, 0, 0.75))
        .as("The image in the middle is mixed with itself")
        .containsExactly(new float[] {0.75f, 0, 0.25f, 0, 1, 0, 0.25f, 0, 0.75f}, CLOSE);
  }

  @Test
  void impossibleSharesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SoftTargets.of(new int[] {0}, 2, 1, 1))
        .withMessageContaining("smoothing 1.0");
    assertThatIllegalArgumentException().isThrownBy(() -> SoftTargets.of(new int[] {0}, 2, 0, 1.5));
  }
}
