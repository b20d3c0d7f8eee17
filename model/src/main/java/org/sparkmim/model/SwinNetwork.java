package org.sparkmim.model;

import java.util.List;
import java.util.Map;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.graph.Work;
import org.sparkmim.model.method.LocalMimSwin;
import org.sparkmim.model.method.SwinIndices;
import org.sparkmim.model.method.SwinModel;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;

/**
 * A compiled Swin in training, as {@link Network} is one for vision transformers: feed a minibatch,
 * run forward, backward, update. For one thread at a time.
 */
public final class SwinNetwork implements AutoCloseable {
  private final SwinModel model;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final Program program;
  private final Schedule schedule;
  private final Team team = Team.ofEngine();
  private final ParameterUpdate update;
  private final double[] losses;

  private SwinNetwork(SwinModel model, EngineSpec engine, boolean inspectable) {
    this.model = model;
    layout = ParameterLayout.of(model.graph(), LocalMimSwin.UNDECAYED);
    state = ParameterVectors.allocate(layout.size());
    program =
        engine
            .engine()
            .compile(
                model.graph(), state, new Engine.Options(true, inspectable, engine.precision()));
    schedule = new Schedule(model.graph(), true, false);
    List<ParameterLayout.Entry> trained =
        model.graph().parameters().stream()
            .filter(schedule::trains)
            .map(parameter -> layout.find(parameter.name()).orElseThrow())
            .toList();
    update = new ParameterUpdate(state, trained, team);
    losses = new double[model.graph().losses().size()];
  }

  /**
   * A network with vectors of its own, all zero; see {@link #initialise}.
   *
   * @param inspectable whether every labelled value can be read after a pass; takes more memory
   */
  public static SwinNetwork create(SwinModel model, EngineSpec engine, boolean inspectable) {
    return new SwinNetwork(model, engine, inspectable);
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
   * @param patches visible patches {@code [B, K, 3*P*P]}, unit by unit
   * @param indices of the minibatch's mask
   * @param targets per tap {@code [B, places, width]}
   * @param weights per tap {@code [B, places]}
   */
  public void feed(float[] patches, SwinIndices indices, float[][] targets, float[][] weights) {
    program.write(model.patches(), patches);
    indices.write(program, model.indices());
    for (int k = 0; k < targets.length; k++) {
      program.write(model.heads().get(k).target(), targets[k]);
      program.write(model.heads().get(k).weight(), weights[k]);
    }
  }

  /** Runs forward. Returns the loss of each tap, in an array that the next call overwrites. */
  public double[] forward() {
    program.forward();
    for (int k = 0; k < losses.length; k++) {
      losses[k] = program.scalar(model.graph().losses().get(k));
    }
    return losses;
  }

  /** Gradients of the sum of the losses of the last {@link #forward()}. */
  public void backward() {
    program.backward();
  }

  /** Changes the parameters by the last gradients; {@code step} counts from 1. */
  public void update(Optimizer optimizer, double rate, long step) {
    update.apply(optimizer, rate, step);
  }

  /** Copies a labelled value out after {@link #forward()}; see {@link Network#read}. */
  public float[] read(String name) {
    Value value =
        model
            .graph()
            .find(name)
            .orElseThrow(() -> new IllegalArgumentException("there is no value " + name));
    float[] numbers = new float[Math.toIntExact(value.size())];
    program.read(value, numbers);
    return numbers;
  }

  /** Floating-point operations of the matrix products of one forward and backward pass. */
  public long productWork() {
    return Work.products(schedule);
  }

  /** See {@link Program#nanosByOperation()}. */
  public Map<String, Long> nanosByOperation() {
    return program.nanosByOperation();
  }

  /** Planned bytes of activations and their gradients. */
  public long activationBytes() {
    return program.activationBytes();
  }

  @Override
  public void close() {
    program.close();
    team.close();
    state.close();
  }
}
