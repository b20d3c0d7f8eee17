package org.sparkmim.model.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.nn.Init;
import org.sparkmim.model.nn.ParameterLayout.Entry;

class ParameterUpdateTest {
  private static final Init INIT = new Init.Constant(0);
  private static final Entry WEIGHT = new Entry("a.weight", List.of(50, 100), 0, INIT, true);
  private static final Entry BIAS = new Entry("a.bias", List.of(7), 5000, INIT, false);

  /** Holds nine elements after the bias that no entry trains. */
  private static final int SIZE = 5016;

  @Test
  void adamWDecaysWeightsButNeitherBiasesNorWhatIsNotTrained() {
    Random random = new Random(3);
    float[] start = numbers(random);
    double[] p = new double[SIZE];
    for (int i = 0; i < SIZE; i++) {
      p[i] = start[i];
    }
    double[] m = new double[SIZE];
    double[] v = new double[SIZE];
    Optimizer.AdamW adamw = new Optimizer.AdamW(0.9, 0.95, 1e-8, 0.05);
    try (ParameterVectors state = ParameterVectors.allocate(SIZE)) {
      state.parameters().put(start);
      ParameterUpdate update = new ParameterUpdate(state, ranges(WEIGHT, BIAS), new Team(2));
      for (int step = 1; step <= 4; step++) {
        float[] gradients = numbers(random);
        state.gradients().put(gradients);
        double rate = 0.01 * step;
        update.apply(adamw, rate, step);
        for (int i = 0; i < 5007; i++) {
          m[i] = 0.9 * m[i] + 0.1 * gradients[i];
          v[i] = 0.95 * v[i] + 0.05 * gradients[i] * gradients[i];
          double mean = m[i] / (1 - Math.pow(0.9, step));
          double square = v[i] / (1 - Math.pow(0.95, step));
          p[i] *= 1 - (i < 5000 ? rate * 0.05 : 0);
          p[i] -= rate * mean / (Math.sqrt(square) + 1e-8);
        }
      }
      float[] result = new float[SIZE];
      state.parameters().get(result);
      for (int i = 0; i < SIZE; i++) {
        assertThat((double) result[i]).as("element %d", i).isEqualTo(p[i], Offset.offset(1e-6));
      }
    }
  }

  @Test
  void sgdMovesAgainstTheGradient() {
    try (ParameterVectors state = ParameterVectors.allocate(SIZE)) {
      float[] gradients = numbers(new Random(4));
      state.gradients().put(gradients);
      new ParameterUpdate(state, ranges(WEIGHT), new Team(1)).apply(new Optimizer.Sgd(), 0.5, 1);
      float[] result = new float[SIZE];
      state.parameters().get(result);
      assertThat(result[17]).isEqualTo(-0.5f * gradients[17]);
      assertThat(result[5001]).isZero();
    }
  }

  /** Decay is part of the step: it slows down with the rate. */
  @Test
  void lowerLayersMoveAndDecayByTheirShareOfTheRate() {
    Entry block = new Entry("blocks.0.attn.proj.weight", List.of(50, 100), 0, INIT, true);
    Entry head = new Entry("head.weight", List.of(7), 5000, INIT, true);
    Optimizer.AdamW adamw = new Optimizer.AdamW(0.9, 0.999, 1e-8, 0.05);
    float[] start = numbers(new Random(5));
    float[] gradients = numbers(new Random(6));
    float[] slow = updated(List.of(block, head), new LayerDecay(0.25, 1), adamw, start, gradients);
    float[] whole = updated(List.of(block, head), LayerDecay.none(), adamw, start, gradients);
    for (int i = 0; i < 5007; i++) {
      double share = i < 5000 ? 0.25 : 1;
      assertThat((double) slow[i] - start[i])
          .as("element %d", i)
          .isEqualTo(share * ((double) whole[i] - start[i]), Offset.offset(1e-6));
    }
  }

  private static float[] updated(
      List<Entry> trained,
      LayerDecay layers,
      Optimizer optimizer,
      float[] start,
      float[] gradients) {
    try (ParameterVectors state = ParameterVectors.allocate(SIZE);
        Team team = new Team(1)) {
      state.parameters().put(start);
      state.gradients().put(gradients);
      new ParameterUpdate(state, Updates.Range.of(trained, layers), team).apply(optimizer, 0.1, 1);
      float[] result = new float[SIZE];
      state.parameters().get(result);
      return result;
    }
  }

  private static float[] numbers(Random random) {
    float[] numbers = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static List<Updates.Range> ranges(Entry... trained) {
    return Updates.Range.of(List.of(trained), LayerDecay.none());
  }
}
