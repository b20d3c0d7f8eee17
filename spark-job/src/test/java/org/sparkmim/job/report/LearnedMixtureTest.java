package org.sparkmim.job.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.sparkmim.model.method.ModelSpec;

class LearnedMixtureTest {

  @Test
  void fusionIsTheSoftmaxOfTheTrainedVector() {
    ModelSpec spec = Specs.of("mff", "model.fused", "[0, 2, 3]");
    float[] logits = {1000, (float) (1000 + Math.log(2)), (float) (1000 + Math.log(5))};

    FusionBars bars = FusionBars.of(spec, logits);

    assertThat(bars.shares()).containsExactly(new double[] {0.125, 0.25, 0.625}, within(1e-4));
    assertThat(bars.html()).contains("block 1<", "block 3<", "block 4<", "12.5 %", "62.5 %");
    assertThat(bars.legend()).contains("33.3 %");
  }

  @Test
  void mixingShowsTheRowsThatTrainingReached() {
    float[] weights = new float[16];
    weights[3 * 4 + 1] = 0.5f;
    weights[3 * 4 + 2] = -0.25f;
    weights[0] = 7;

    String html = MixingMap.of(Specs.maskAlign("", 2), weights).html();

    assertThat(html)
        .contains("teacher 3<", "teacher 4<", "student 1<", "student 4<")
        .contains(">0.50<", ">-0.25<", "background:#0b6fb8;color:#fff", "background:#ffffff")
        .doesNotContain("teacher 2<", "7.00");
  }
}
