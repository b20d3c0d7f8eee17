package org.sparkmim.model;

import java.util.List;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.method.ClassifierModel;
import org.sparkmim.model.method.ClassifierSpec;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;

/**
 * A compiled classifier in fine-tuning: feed a minibatch, run forward, backward, update. For one
 * thread at a time.
 */
public final class Classifier implements AutoCloseable {
  private final ClassifierModel model;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final Program program;
  private final Team team = Team.ofEngine();
  private final ParameterUpdate update;

  private Classifier(
      ClassifierSpec spec, EngineSpec engine, int batch, LayerDecay layers, boolean inspectable) {
    model = ClassifierModel.build(spec, batch);
    layout = ClassifierModel.layout(model.graph());
    state = ParameterVectors.allocate(layout.size());
    program =
        engine
            .engine()
            .compile(
                model.graph(), state, new Engine.Options(true, inspectable, engine.precision()));
    Schedule schedule = new Schedule(model.graph(), true, false);
    List<ParameterLayout.Entry> trained =
        model.graph().parameters().stream()
            .filter(schedule::trains)
            .map(parameter -> layout.find(parameter.name()).orElseThrow())
            .toList();
    update = new ParameterUpdate(state, trained, layers, team);
  }

  /**
   * A classifier with vectors of its own, all zero; see {@link #initialise}.
   *
   * @param layers how much slower lower layers learn
   * @param inspectable whether every labelled value can be read after a pass; takes more memory
   */
  public static Classifier create(
      ClassifierSpec spec, EngineSpec engine, int batch, LayerDecay layers, boolean inspectable) {
    return new Classifier(spec, engine, batch, layers, inspectable);
  }

  public ParameterLayout layout() {
    return layout;
  }

  /** Parameters, gradients and moments; to be changed only between passes. */
  public ParameterVectors state() {
    return state;
  }

  /** Draws all parameters anew and clears the moments. */
  public void initialise(long seed) {
    Network.initialise(layout, state, seed);
  }

  /**
   * Copies a minibatch in.
   *
   * @param patches all patches in raster order {@code [B, L, 3*P*P]}
   * @param targets shares of the classes {@code [B, classes]}; see {@link
   *     org.sparkmim.model.method.SoftTargets}
   */
  public void feed(float[] patches, float[] targets) {
    program.write(model.patches(), patches);
    program.write(model.targets(), targets);
  }

  /** Runs forward and returns the loss. */
  public double forward() {
    program.forward();
    return program.scalar(model.graph().losses().get(0));
  }

  /** Gradients of the loss of the last {@link #forward()}. */
  public void backward() {
    program.backward();
  }

  /**
   * Changes the parameters by the last gradients.
   *
   * @param rate learning rate of the topmost layer
   * @param step number of this update, from 1
   */
  public void update(Optimizer optimizer, double rate, long step) {
    update.apply(optimizer, rate, step);
  }

  /** Logits {@code [B, classes]} of the last {@link #forward()}, before {@link #backward()}. */
  public float[] logits() {
    return read(model.logits());
  }

  /** A labelled value of an inspectable classifier: {@code block/3}, {@code pooled} … */
  public float[] read(String name) {
    return read(
        model
            .graph()
            .find(name)
            .orElseThrow(() -> new IllegalArgumentException("there is no value " + name)));
  }

  private float[] read(Value value) {
    float[] numbers = new float[Math.toIntExact(value.size())];
    program.read(value, numbers);
    return numbers;
  }

  @Override
  public void close() {
    team.close();
    program.close();
    state.close();
  }
}
