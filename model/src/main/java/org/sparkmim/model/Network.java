package org.sparkmim.model;

import java.util.List;
import java.util.Map;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.graph.Work;
import org.sparkmim.model.method.MimModel;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.InitialValues;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;

/**
 * A compiled network in training: feed a minibatch, run forward, backward, update.
 *
 * <p>For one thread at a time. Nothing is allocated outside the Java heap after construction.
 */
public final class Network implements AutoCloseable {
  private final ModelSpec spec;
  private final int batch;
  private final MimModel model;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final Program program;
  private final Schedule schedule;
  private final List<ParameterLayout.Entry> trained;
  private final Team team = Team.ofEngine();
  private ParameterUpdate update;
  private final boolean ownsState;
  private final double[] losses;

  private Network(
      ModelSpec spec,
      EngineSpec engine,
      int batch,
      boolean inspectable,
      MimModel model,
      ParameterLayout layout,
      ParameterVectors state,
      boolean ownsState) {
    this.spec = spec;
    this.batch = batch;
    this.model = model;
    this.layout = layout;
    this.state = state;
    this.ownsState = ownsState;
    program =
        engine
            .engine()
            .compile(
                model.graph(), state, new Engine.Options(true, inspectable, engine.precision()));
    schedule = new Schedule(model.graph(), true, false);
    trained =
        model.graph().parameters().stream()
            .filter(schedule::trains)
            .map(parameter -> layout.find(parameter.name()).orElseThrow())
            .toList();
    losses = new double[model.graph().losses().size()];
  }

  /** A network with vectors of its own, all zero; see {@link #initialise}. */
  public static Network create(ModelSpec spec, EngineSpec engine, int batch) {
    return create(spec, engine, batch, false);
  }

  /**
   * A network with vectors of its own.
   *
   * @param inspectable whether every labelled value can be read after a pass; takes more memory
   */
  public static Network create(ModelSpec spec, EngineSpec engine, int batch, boolean inspectable) {
    MimModel model = spec.method().build(spec, batch);
    ParameterLayout layout = layout(spec, model);
    ParameterVectors state = ParameterVectors.allocate(layout.size());
    return new Network(spec, engine, batch, inspectable, model, layout, state, true);
  }

  /** A network on vectors that somebody else owns, of {@code layoutOf(spec).size()} floats. */
  public static Network bind(ModelSpec spec, EngineSpec engine, int batch, ParameterVectors state) {
    MimModel model = spec.method().build(spec, batch);
    ParameterLayout layout = layout(spec, model);
    if (layout.size() != state.size()) {
      throw new IllegalArgumentException(
          "the network has " + layout.size() + " parameters, the vectors " + state.size());
    }
    return new Network(spec, engine, batch, false, model, layout, state, false);
  }

  /** The parameters of a network of that shape; independent of the batch. */
  public static ParameterLayout layoutOf(ModelSpec spec) {
    return layout(spec, spec.method().build(spec, 1));
  }

  private static ParameterLayout layout(ModelSpec spec, MimModel model) {
    return ParameterLayout.of(model.graph(), spec.undecayed());
  }

  public ModelSpec spec() {
    return spec;
  }

  /** Images in a minibatch. */
  public int batch() {
    return batch;
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
    initialise(layout, state, seed);
  }

  /** Draws parameters into vectors of that layout and clears the moments. */
  public static void initialise(ParameterLayout layout, ParameterVectors state, long seed) {
    InitialValues.draw(layout, seed, new OffHeap(state.parameters(), state.size()));
    OffHeap first = new OffHeap(state.firstMoment(), state.size());
    OffHeap second = new OffHeap(state.secondMoment(), state.size());
    float[] zeros = new float[4096];
    for (long at = 0; at < state.size(); at += zeros.length) {
      int length = (int) Math.min(zeros.length, state.size() - at);
      first.put(at, zeros, length);
      second.put(at, zeros, length);
    }
  }

  /**
   * Copies a minibatch in.
   *
   * @param patches visible patches {@code [B, K, 3*P*P]} in rank order
   * @param keepIds their places {@code [B, K]}
   * @param restoreIds inverse permutation {@code [B, L]}; unread where nothing is decoded
   * @param targets per head {@code [B, rows, width]}
   * @param weights per head {@code [B, rows]}
   */
  public void feed(
      float[] patches, int[] keepIds, int[] restoreIds, float[][] targets, float[][] weights) {
    model.inputs().write(program, patches, keepIds, restoreIds);
    for (int k = 0; k < targets.length; k++) {
      MimModel.Head head = model.heads().get(k);
      program.write(head.target(), targets[k]);
      program.write(head.weight(), weights[k]);
    }
  }

  /** Runs forward. Returns the loss of each head, in an array that the next call overwrites. */
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

  /**
   * Changes the parameters by the last gradients.
   *
   * @param step number of this update, from 1
   */
  public void update(Optimizer optimizer, double rate, long step) {
    if (update == null) {
      update = new ParameterUpdate(state, trained, team);
    }
    update.apply(optimizer, rate, step);
  }

  /** The names that {@link #read} knows. */
  public List<String> names() {
    return List.copyOf(model.graph().named().keySet());
  }

  /**
   * Copies a labelled value out after {@link #forward()}: {@code block/3}, {@code latent/0}, {@code
   * decoder_norm/1}, {@code pred/2} … Before {@link #backward()} predictions can always be read;
   * the rest needs an inspectable network.
   */
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

  /** Prediction of a head {@code [B, rows, width]}, between forward and backward. */
  public float[] prediction(int head) {
    return read(model.heads().get(head).prediction());
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
    if (ownsState) {
      state.close();
    }
  }
}
