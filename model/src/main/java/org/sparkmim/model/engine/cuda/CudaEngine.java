package org.sparkmim.model.engine.cuda;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;

/**
 * Runs graphs on an NVIDIA GPU of compute capability 8.0 or later, in bf16 or, with products in
 * TF32, in f32. This class loads on any machine; the first program asks for the GPU.
 */
public final class CudaEngine implements Engine {
  /** The JVM tells only once why a class cannot be initialised; a second try needs it, too. */
  private static final AtomicReference<LinkageError> FIRST_FAILURE = new AtomicReference<>();

  private final int ordinal;

  /**
   * @param ordinal which of the GPUs that the driver shows
   */
  public CudaEngine(int ordinal) {
    this.ordinal = ordinal;
  }

  /**
   * The name of a GPU that this engine can use.
   *
   * @throws org.sparkmim.model.ModelException that says why it cannot
   */
  public static String requireGpu(int ordinal) {
    return loaded(() -> CudaDevice.require(ordinal).description());
  }

  @Override
  public String name() {
    return "cuda";
  }

  /**
   * @throws org.sparkmim.model.ModelException where there is no GPU to work with
   */
  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    Plan plan = new Plan(graph, options);
    return CudaProgram.on(open(options.precision()), plan, state);
  }

  @Override
  public long plannedBytes(Graph graph, Options options) {
    return new Plan(graph, options).bytes() + Products.WORKSPACE_BYTES;
  }

  private Device open(Precision precision) {
    Type activation = precision == Precision.BF16 ? Type.BF16 : Type.F32;
    return loaded(() -> CudaDevice.open(ordinal, activation));
  }

  private static <T> T loaded(Supplier<T> asked) {
    try {
      return asked.get();
    } catch (LinkageError missing) {
      FIRST_FAILURE.compareAndSet(null, missing);
      throw Refusals.notLoaded(FIRST_FAILURE.get());
    }
  }
}
