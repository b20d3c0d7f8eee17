package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.Network;
import org.sparkmim.model.RandomBatch;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.method.MimModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.Predicted;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;
import org.sparkmim.model.optim.Updates;

/**
 * Some steps of a small LocalMIM.
 *
 * @param losses of every step
 * @param parameters that came of them
 * @param second moments
 */
record TrainingRun(double[][] losses, float[] parameters, float[] second) {
  static final int BATCH = 3;
  static final int STEPS = 6;
  static final ModelSpec SPEC = RandomBatch.smallSpec();

  static TrainingRun of(Engine engine, Precision precision, Optimizer optimizer) {
    MimModel model = SPEC.method().build(SPEC, BATCH, Predicted.HIDDEN);
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
      return new TrainingRun(losses.toArray(double[][]::new), parameters, second);
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
}
