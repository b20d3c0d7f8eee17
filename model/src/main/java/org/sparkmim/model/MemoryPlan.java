package org.sparkmim.model;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.method.LocalMim;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.nn.ParameterLayout;

/**
 * The memory that a network in training takes, known before any of it is taken.
 *
 * @param parameters trained numbers, N
 * @param batch images in a minibatch, B
 * @param parameterBytes 4 N
 * @param gradientBytes 4 N
 * @param optimizerBytes 8 N, Adam's two moments
 * @param engineBytes activations, their gradients and packed operands, as the engine plans them
 * @param minibatchBytes one minibatch on the Java heap: visible patches, indices, targets, weights
 */
public record MemoryPlan(
    long parameters,
    int batch,
    long parameterBytes,
    long gradientBytes,
    long optimizerBytes,
    long engineBytes,
    long minibatchBytes) {

  /** Plans {@link Network#create} with the same arguments. */
  public static MemoryPlan of(ModelSpec spec, EngineSpec engine, int batch) {
    Graph graph = LocalMim.build(spec, batch).graph();
    long parameters = ParameterLayout.of(graph).size();
    long vector = parameters * Float.BYTES;
    return new MemoryPlan(
        parameters,
        batch,
        vector,
        vector,
        2 * vector,
        engine.engine().plannedBytes(graph, new Engine.Options(true, false, engine.precision())),
        batch * sampleBytes(spec));
  }

  /** Bytes of the network with its state, all outside the Java heap with {@code onednn}. */
  public long networkBytes() {
    return stateBytes() + gradientBytes + engineBytes;
  }

  /** Bytes of what rounds exchange: parameters and moments. */
  public long stateBytes() {
    return parameterBytes + optimizerBytes;
  }

  private static long sampleBytes(ModelSpec spec) {
    long numbers = (long) spec.keep() * (spec.patchWidth() + 1) + spec.tokens();
    for (int tap = 0; tap < spec.taps().size(); tap++) {
      long cells = (long) spec.cellGrid(tap) * spec.cellGrid(tap);
      numbers += cells * (spec.targetWidth() + 1);
    }
    return numbers * Float.BYTES;
  }
}
