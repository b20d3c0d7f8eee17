package org.sparkmim.job.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DistanceTest {
  @Test
  void isRelativeToTheGoldenNorm() {
    assertThat(Distance.relative(new float[] {3, 4.5f}, new float[] {3, 4}))
        .isCloseTo(0.1, within(1e-12));
    assertThat(Distance.relative(new double[] {3, 4.5}, new float[] {3, 4}))
        .isCloseTo(0.1, within(1e-12));
  }

  @Test
  void isAbsoluteWhereTheGoldenTensorIsZero() {
    assertThat(Distance.relative(new float[] {0.25f}, new float[] {0})).isEqualTo(0.25);
  }

  @Test
  void leavesOutARange() {
    float[] yours = {1, 100, -7, 2};
    float[] golden = {1, 0, 0, 1};
    assertThat(Distance.relative(yours, golden, i -> i < 1 || i >= 3))
        .isCloseTo(1 / Math.sqrt(2), within(1e-12));
  }

  @Test
  void comparesChangesWhereValuesHardlyDiffer() {
    float[] start = {1000, 1000};
    float[] golden = {1001, 999};
    float[] yours = {1000, 1000};
    assertThat(Distance.ofChange(yours, golden, start, i -> true)).isEqualTo(1);
    assertThat(Distance.relative(yours, golden)).isLessThan(1.1e-3);
  }

  @Test
  void notANumberIsAMiss() {
    double error = Distance.relative(new float[] {Float.NaN}, new float[] {1});
    assertThat(Verdict.of(error, Group.FORWARD)).isEqualTo(Verdict.MISSED);
    assertThat(Distance.differing(new float[] {Float.NaN}, new float[] {Float.NaN})).isOne();
  }
}
