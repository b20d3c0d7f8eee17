package org.sparkmim.model.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.optim.Updates;

/** A compiled graph with its buffers. For one thread at a time; allocates nothing while it runs. */
public interface Program extends AutoCloseable {
  /** Copies an input in; {@code numbers} holds at least {@code input.size()} floats. */
  void write(Value input, float[] numbers);

  /** Copies an index in; every entry must lie in the range that the graph gives it. */
  void write(Value index, int[] numbers);

  /** Runs the operations in order. Reads parameters afresh. */
  void forward();

  /**
   * Gradients of the sum of the losses, into {@link ParameterVectors#gradients()}. After {@link
   * #forward()}, once. Ranges of parameters that no loss reaches are left untouched.
   */
  void backward();

  /**
   * The optimiser on the engine's own copy of the parameters; empty where the engine works on the
   * state itself.
   */
  default Optional<Updates> updates(List<Updates.Range> trained) {
    return Optional.empty();
  }

  /**
   * Makes histograms of oriented gradients in the place of inputs that are written; empty where an
   * engine leaves them to those that feed it.
   *
   * @param imageSize side S of the images, at least 2 pixels
   */
  default Optional<HogTargets> hogTargets(int imageSize, List<HogTargets.Tap> taps) {
    return Optional.empty();
  }

  /** Copies an input, index or result out, as floats. */
  void read(Value value, float[] destination);

  /** The one element of a loss. */
  double scalar(Value value);

  /** Bytes of the buffers planned for activations and their gradients. */
  long activationBytes();

  /**
   * Wall-clock nanoseconds spent so far in each kind of operation, forward and backward apart, by
   * names for people; empty where an engine does not measure.
   */
  default Map<String, Long> nanosByOperation() {
    return Map.of();
  }

  @Override
  void close();
}
