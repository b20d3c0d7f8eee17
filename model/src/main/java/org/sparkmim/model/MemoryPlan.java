package org.sparkmim.model;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.Predicted;
import org.sparkmim.model.nn.ParameterLayout;

/**
 * The memory that a network in training takes, known before any of it is taken.
 *
 * @param parameters trained numbers, N
 * @param batch images in a minibatch, B
 * @param engineBytes activations, their gradients and packed operands, as the engine plans them; 0
 *     where that is on a device
 * @param minibatchBytes one minibatch on the Java heap: patches, indices, targets (or the images of
 *     which the engine makes these), weights
 * @param teacherBytes MaskAlign's teacher with what it hands on; 0 for the others
 * @param deviceBytes of an accelerator: all that engines plan, with their copies of the state; 0
 *     for engines without one
 */
public record MemoryPlan(
    long parameters,
    int batch,
    long engineBytes,
    long minibatchBytes,
    long teacherBytes,
    long deviceBytes) {

  /** Plans {@link Network#create} with the same arguments. */
  public static MemoryPlan of(ModelSpec spec, EngineSpec engine, int batch) {
    boolean taught = spec.alignment() != null;
    Graph graph = spec.method().build(spec, batch, Predicted.HIDDEN).graph();
    Engine.Options options = new Engine.Options(true, false, engine.precision());
    long student = engine.engine().plannedBytes(graph, options);
    long teacher = taught ? Teacher.engineBytes(spec, engine, batch) : 0;
    boolean made = Network.makesTargets(spec, engine);
    long fed = batch * fedBytes(spec, made);
    long handedOn = taught ? Teacher.hostBytes(spec, batch) + fed : 0;
    boolean apart = engine.usesDevice();
    long images = made ? batch * imageBytes(spec) : 0;
    return new MemoryPlan(
        ParameterLayout.of(graph).size(),
        batch,
        apart ? 0 : student,
        taught ? batch * lookedAtBytes(spec) : fed,
        handedOn + (apart ? 0 : teacher),
        apart ? student + teacher + images : 0);
  }

  /** One float for each parameter. */
  public long parameterBytes() {
    return parameters * Float.BYTES;
  }

  /** A gradient for each parameter. */
  public long gradientBytes() {
    return parameterBytes();
  }

  /** Adam's two moments. */
  public long optimizerBytes() {
    return 2 * parameterBytes();
  }

  /** Bytes of the network with its state, all outside the Java heap with {@code onednn}. */
  public long networkBytes() {
    return stateBytes() + gradientBytes() + engineBytes;
  }

  /** Bytes of what rounds exchange: parameters and moments. */
  public long stateBytes() {
    return parameterBytes() + optimizerBytes();
  }

  /** All patches of an image with random numbers for its mask, as a teacher wants them. */
  private static long lookedAtBytes(ModelSpec spec) {
    return Float.BYTES * ((long) spec.tokens() * (spec.patchWidth() + 2) + spec.keep());
  }

  /**
   * What a network is fed of an image.
   *
   * @param made whether the engine makes the targets, of the image itself
   */
  private static long fedBytes(ModelSpec spec, boolean made) {
    long numbers = (long) spec.keep() * (spec.patchWidth() + 1) + spec.tokens();
    for (ModelSpec.Output output : spec.outputs()) {
      numbers += output.rows() * (made ? 1L : output.width() + 1L);
    }
    return numbers * Float.BYTES + (made ? imageBytes(spec) : 0);
  }

  /** Three planes of 8-bit pixels. */
  private static long imageBytes(ModelSpec spec) {
    return (long) ModelSpec.CHANNELS * spec.imageSize() * spec.imageSize();
  }
}
