package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.method.MimModel;
import org.sparkmim.model.method.Predicted;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;

/** Steps of a small LocalMIM on an emulated device, against the reference. */
class TrainingTest {
  /**
   * With the papers' epsilon of 1e-8 a first gradient of 6e-8, beside typical ones of 1e-3, would
   * be divided by itself: its rounding would show in the parameter.
   */
  private static final Optimizer ADAMW = new Optimizer.AdamW(0.9, 0.95, 1e-5, 0.05);

  @Test
  void sixStepsOfAdamWLeaveWhatTheReferenceLeaves() {
    TrainingRun expected = TrainingRun.of(new ReferenceEngine(), Precision.F32, ADAMW);
    TrainingRun actual = TrainingRun.of(new EmulatedEngine(), Precision.F32, ADAMW);
    assertThat(relative(actual.losses(), expected.losses())).isLessThan(1e-5);
    assertThat(relative(actual.second(), expected.second())).isLessThan(1e-4);
    forgetKeyBiases(expected.parameters());
    forgetKeyBiases(actual.parameters());
    assertThat(farthest(actual.parameters(), expected.parameters()))
        .as("of %d steps of 1e-3", TrainingRun.STEPS)
        .isLessThan(1e-6);
  }

  @Test
  void plainGradientStepsToo() {
    TrainingRun expected =
        TrainingRun.of(new ReferenceEngine(), Precision.F32, new Optimizer.Sgd());
    TrainingRun actual = TrainingRun.of(new EmulatedEngine(), Precision.F32, new Optimizer.Sgd());
    assertThat(relative(actual.losses(), expected.losses())).isLessThan(1e-5);
    assertThat(farthest(actual.parameters(), expected.parameters())).isLessThan(1e-6);
  }

  @Test
  void halfPrecisionStaysNearAndLearns() {
    TrainingRun expected = TrainingRun.of(new ReferenceEngine(), Precision.F32, ADAMW);
    TrainingRun actual = TrainingRun.of(new EmulatedEngine(), Precision.BF16, ADAMW);
    assertThat(relative(actual.losses(), expected.losses())).isLessThan(1e-2);
    assertThat(sum(actual.losses()[TrainingRun.STEPS - 1])).isLessThan(sum(actual.losses()[0]));
  }

  @Test
  void everyStepHasTheSameBitsInWhateverOrderBlocksAndThreadsRun() {
    for (Precision precision : Precision.values()) {
      TrainingRun first = TrainingRun.of(new EmulatedEngine(), precision, ADAMW);
      TrainingRun second =
          TrainingRun.of(new EmulatedEngine(true, AttentionKernels.MOST_SCORES), precision, ADAMW);
      assertThat(second.losses()).isDeepEqualTo(first.losses());
      assertThat(second.parameters()).isEqualTo(first.parameters());
      assertThat(second.second()).isEqualTo(first.second());
    }
  }

  /**
   * Softmax does not see what is added to all keys: the gradient of their bias is rounding alone,
   * of which Adam makes steps like any other.
   */
  private static void forgetKeyBiases(float[] parameters) {
    MimModel model =
        TrainingRun.SPEC.method().build(TrainingRun.SPEC, TrainingRun.BATCH, Predicted.HIDDEN);
    for (ParameterLayout.Entry entry :
        ParameterLayout.of(model.graph(), TrainingRun.SPEC.undecayed()).entries()) {
      if (entry.name().endsWith("attn.qkv.bias")) {
        int width = (int) entry.size() / 3;
        int first = (int) entry.offset() + width;
        Arrays.fill(parameters, first, first + width, 0);
      }
    }
  }

  private static double relative(double[][] actual, double[][] expected) {
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      for (int k = 0; k < expected[i].length; k++) {
        worst = Math.max(worst, Math.abs(actual[i][k] - expected[i][k]) / expected[i][k]);
      }
    }
    return worst;
  }

  private static double relative(float[] actual, float[] expected) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow((double) actual[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / size);
  }

  private static double farthest(float[] actual, float[] expected) {
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs((double) actual[i] - expected[i]));
    }
    return worst;
  }

  private static double sum(double[] numbers) {
    double sum = 0;
    for (double number : numbers) {
      sum += number;
    }
    return sum;
  }
}
