package org.sparkmim.model;

import java.util.List;
import java.util.Map;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.graph.Work;
import org.sparkmim.model.nn.ParameterLayout;
import org.sparkmim.model.optim.LayerDecay;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.optim.ParameterUpdate;
import org.sparkmim.model.optim.Updates;

/**
 * A graph compiled for training, with the parameters that it trains: what every trained network
 * shares beside the way it is fed.
 *
 * <p>For one thread at a time. Nothing is allocated outside the Java heap after construction.
 */
abstract sealed class Training implements AutoCloseable permits Network, SwinNetwork, Classifier {
  final Program program;
  private final Graph graph;
  private final ParameterLayout layout;
  private final ParameterVectors state;
  private final boolean ownsState;
  private final LayerDecay layers;
  private final Schedule schedule;
  private final Team team = Team.ofEngine();
  private final double[] losses;
  private Updates update;

  /**
   * @param state vectors of that layout
   * @param ownsState whether they are closed with this
   * @param layers how much slower lower layers learn
   * @param inspectable whether every labelled value can be read after a pass; takes more memory
   */
  Training(
      Graph graph,
      EngineSpec engine,
      ParameterLayout layout,
      ParameterVectors state,
      boolean ownsState,
      LayerDecay layers,
      boolean inspectable) {
    this.graph = graph;
    this.layout = layout;
    this.state = state;
    this.ownsState = ownsState;
    this.layers = layers;
    program =
        engine
            .engine()
            .compile(graph, state, new Engine.Options(true, inspectable, engine.precision()));
    schedule = new Schedule(graph, true, false);
    losses = new double[graph.losses().size()];
  }

  public ParameterLayout layout() {
    return layout;
  }

  /**
   * Parameters, gradients and moments; to be changed only between passes, and asked for anew after
   * each.
   */
  public ParameterVectors state() {
    return state;
  }

  /** Draws all parameters anew and clears the moments. */
  public void initialise(long seed) {
    Network.initialise(layout, state, seed);
  }

  /** Runs forward and returns the losses, in an array that the next call overwrites. */
  double[] losses() {
    program.forward();
    for (int k = 0; k < losses.length; k++) {
      losses[k] = program.scalar(graph.losses().get(k));
    }
    return losses;
  }

  /** Gradients of the sum of the losses of the last forward pass. */
  public void backward() {
    program.backward();
  }

  /**
   * Changes the parameters by the last gradients.
   *
   * @param rate learning rate, of the topmost layer where lower ones learn slower
   * @param step number of this update, from 1
   */
  public void update(Optimizer optimizer, double rate, long step) {
    if (update == null) {
      List<ParameterLayout.Entry> trained =
          graph.parameters().stream()
              .filter(schedule::trains)
              .map(parameter -> layout.find(parameter.name()).orElseThrow())
              .toList();
      List<Updates.Range> ranges = Updates.Range.of(trained, layers);
      update = program.updates(ranges).orElseGet(() -> new ParameterUpdate(state, ranges, team));
    }
    update.apply(optimizer, rate, step);
  }

  /** The names that {@link #read} knows. */
  public List<String> names() {
    return List.copyOf(graph.named().keySet());
  }

  /**
   * Copies a labelled value out after a forward pass: {@code block/3}, {@code latent/0}, {@code
   * decoder_norm/1}, {@code pred/2} … Before {@link #backward()} predictions can always be read;
   * the rest needs an inspectable network.
   */
  public float[] read(String name) {
    return read(
        graph
            .find(name)
            .orElseThrow(() -> new IllegalArgumentException("there is no value " + name)));
  }

  float[] read(Value value) {
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
    try {
      program.close();
    } finally {
      team.close();
      if (ownsState) {
        state.close();
      }
    }
  }
}
