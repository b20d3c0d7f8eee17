package org.sparkmim.model.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.optim.Lars;

class LinearHeadTest {
  private static final double STEP = 1e-5;

  @Test
  void batchesAreNormalisedByTheBiasedVarianceAndRememberedByTheUnbiased() {
    FeatureNorm norm = new FeatureNorm(1);
    double[] normalised = new double[2];
    norm.train(new float[] {1, 5}, 2, normalised);
    assertThat(normalised).containsExactly(new double[] {-1, 1}, Offset.offset(1e-6));
    assertThat(norm.mean()[0]).isEqualTo(0.3, Offset.offset(1e-12));
    assertThat(norm.variance()[0]).isEqualTo(0.9 + 0.1 * 8, Offset.offset(1e-12));
    norm.evaluate(new float[] {0.3f}, 0, normalised);
    assertThat(normalised[0]).isEqualTo(0, Offset.offset(1e-7));
  }

  @Test
  void oneSampleIsNoBatch() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FeatureNorm(1).train(new float[1], 1, new double[1]))
        .withMessageContaining("a batch of 1");
  }

  @Test
  void gradientsAreTheDifferenceQuotientsOfTheLoss() {
    Random random = new Random(7);
    LinearHead head = head(random);
    float[] features = new float[5 * 3];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) random.nextGaussian();
    }
    int[] labels = {0, 3, 1, 1, 2};
    head.forward(features, labels);
    head.backward(labels);
    double[] weightGradient = head.weightGradient().clone();
    double[] biasGradient = head.biasGradient().clone();
    for (int i = 0; i < weightGradient.length; i++) {
      assertThat(weightGradient[i])
          .isEqualTo(quotient(head, head.weight(), i, features, labels), Offset.offset(1e-8));
    }
    for (int i = 0; i < biasGradient.length; i++) {
      assertThat(biasGradient[i])
          .isEqualTo(quotient(head, head.bias(), i, features, labels), Offset.offset(1e-8));
    }
  }

  @Test
  void larsScalesMatricesByTheRatioOfNormsAndBiasesNotAtAll() {
    Lars lars = new Lars(0.5, 0.1, 0.01);
    double[] weight = {3, 4};
    double[] velocity = {1, 0};
    lars.updateMatrix(weight, new double[] {-0.3, 0.6}, velocity, 2);
    // The gradient with decay is (0, 1), the norms 5 and 1, the trust 0.05.
    assertThat(weight).containsExactly(new double[] {2, 3.9}, Offset.offset(1e-12));
    double[] bias = {3};
    lars.updateVector(bias, new double[] {1}, new double[] {4}, 0.5);
    assertThat(bias[0]).isEqualTo(1.5);
  }

  @Test
  void larsMovesFromZeroByThePlainGradient() {
    double[] weight = {0, 0};
    Lars.published().updateMatrix(weight, new double[] {1, 2}, new double[2], 0.5);
    assertThat(weight).containsExactly(-0.5, -1);
  }

  @Test
  void aSeparableProblemIsLearnt() {
    LinearHead head = new LinearHead(2, 2, Lars.published());
    float[] features = {1, 0, 2, 1, -1, 0, -2, -1};
    int[] labels = {0, 0, 1, 1};
    double first = head.forward(features, labels);
    double last = first;
    for (int step = 0; step < 100; step++) {
      last = head.forward(features, labels);
      head.backward(labels);
      head.update(1);
    }
    assertThat(first).isEqualTo(Math.log(2), Offset.offset(1e-12));
    assertThat(last).isLessThan(0.1 * first);
  }

  private static double quotient(
      LinearHead head, double[] numbers, int at, float[] features, int[] labels) {
    double middle = numbers[at];
    numbers[at] = middle + STEP;
    double right = head.forward(features, labels);
    numbers[at] = middle - STEP;
    double left = head.forward(features, labels);
    numbers[at] = middle;
    return (right - left) / (2 * STEP);
  }

  private static LinearHead head(Random random) {
    LinearHead head = new LinearHead(3, 4, Lars.published());
    for (int i = 0; i < head.weight().length; i++) {
      head.weight()[i] = random.nextGaussian();
    }
    for (int i = 0; i < head.bias().length; i++) {
      head.bias()[i] = random.nextGaussian();
    }
    return head;
  }
}
