package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sparkmim.model.Network;
import org.sparkmim.model.RandomBatch;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.engine.reference.ReferenceEngine;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.method.MimModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;
import org.sparkmim.model.optim.Updates;

/** Steps of a small LocalMIM on an emulated device, against the reference. */
class TrainingTest {
  private static final int BATCH = 3;
  private static final int STEPS = 6;
  private static final ModelSpec SPEC = RandomBatch.smallSpec();
  private static final Optimizer ADAMW = new Optimizer.AdamW(0.9, 0.95, 1e-8, 0.05);

  /** Losses of every step, then the parameters and moments that came of them. */
  private record Run(double[][] losses, float[] parameters, float[] second) {}

  @Test
  void sixStepsOfAdamWLeaveWhatTheReferenceLeaves() {
    Run expected = train(new ReferenceEngine(), Precision.F32, ADAMW);
    Run actual = train(new EmulatedEngine(), Precision.F32, ADAMW);
    assertThat(relative(actual.losses, expected.losses)).isLessThan(1e-5);
    assertThat(relative(actual.second, expected.second)).isLessThan(1e-4);
    forgetKeyBiases(expected.parameters);
    forgetKeyBiases(actual.parameters);
    assertThat(farthest(actual.parameters, expected.parameters))
        .as("of %d steps of 1e-3", STEPS)
        .isLessThan(1e-6);
  }

  @Test
  void plainGradientStepsToo() {
    Run expected = train(new ReferenceEngine(), Precision.F32, new Optimizer.Sgd());
    Run actual = train(new EmulatedEngine(), Precision.F32, new Optimizer.Sgd());
    assertThat(relative(actual.losses, expected.losses)).isLessThan(1e-5);
    assertThat(farthest(actual.parameters, expected.parameters)).isLessThan(1e-6);
  }

  @Test
  void halfPrecisionStaysNearAndLearns() {
    Run expected = train(new ReferenceEngine(), Precision.F32, ADAMW);
    Run actual = train(new EmulatedEngine(), Precision.BF16, ADAMW);
    assertThat(relative(actual.losses, expected.losses)).isLessThan(1e-2);
    assertThat(sum(actual.losses[STEPS - 1])).isLessThan(sum(actual.losses[0]));
  }

  @Test
  void everyStepHasTheSameBitsInWhateverOrderBlocksAndThreadsRun() {
    for (Precision precision : Precision.values()) {
      Run first = train(new EmulatedEngine(false), precision, ADAMW);
      Run second = train(new EmulatedEngine(true), precision, ADAMW);
      assertThat(second.losses).isDeepEqualTo(first.losses);
      assertThat(second.parameters).isEqualTo(first.parameters);
      assertThat(second.second).isEqualTo(first.second);
    }
  }

  private static Run train(Engine engine, Precision precision, Optimizer optimizer) {
    MimModel model = SPEC.method().build(SPEC, BATCH);
    ParameterLayout layout = ParameterLayout.of(model.graph(), SPEC.undecayed());
    Schedule schedule = new Schedule(model.graph(), true, false);
    List<Updates.Range> ranges =
        Updates.Range.of(
            layout.entries().stream()
                .filter(
                    entry ->
                        model.graph().parameters().stream()
                            .anyMatch(p -> p.name().equals(entry.name()) && schedule.trains(p)))
                .toList(),
            new LayerDecay(0.75, 4));
    try (ParameterVectors state = ParameterVectors.allocate(layout.size());
        Team team = new Team(1);
        Program program =
            engine.compile(model.graph(), state, new Engine.Options(true, false, precision))) {
      Network.initialise(layout, state, 7);
      Updates updates =
          program.updates(ranges).orElseGet(() -> new ParameterUpdate(state, ranges, team));
      List<double[]> losses = new ArrayList<>();
      for (int step = 1; step <= STEPS; step++) {
        feed(model, program, step);
        program.forward();
        losses.add(model.graph().losses().stream().mapToDouble(program::scalar).toArray());
        program.backward();
        updates.apply(optimizer, 1e-3, step);
      }
      float[] parameters = new float[(int) state.size()];
      float[] second = new float[(int) state.size()];
      state.parameters().get(parameters);
      state.secondMoment().get(second);
      return new Run(losses.toArray(double[][]::new), parameters, second);
    }
  }

  /**
   * Softmax does not see what is added to all keys: the gradient of their bias is rounding alone,
   * of which Adam makes steps like any other.
   */
  private static void forgetKeyBiases(float[] parameters) {
    MimModel model = SPEC.method().build(SPEC, BATCH);
    for (ParameterLayout.Entry entry :
        ParameterLayout.of(model.graph(), SPEC.undecayed()).entries()) {
      if (entry.name().endsWith("attn.qkv.bias")) {
        int width = (int) entry.size() / 3;
        int first = (int) entry.offset() + width;
        Arrays.fill(parameters, first, first + width, 0);
      }
    }
  }

  private static void feed(MimModel model, Program program, int step) {
    RandomBatch batch = RandomBatch.draw(SPEC, BATCH, step);
    for (float[] weights : batch.weights()) {
      weights[0] = 1;
    }
    model.inputs().write(program, batch.patches(), batch.keepIds(), batch.restoreIds());
    for (int k = 0; k < model.heads().size(); k++) {
      program.write(model.heads().get(k).target(), batch.targets()[k]);
      program.write(model.heads().get(k).weight(), batch.weights()[k]);
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
