package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;

/**
 * Runs graphs as ND4J operations in f32, on the CPU or, where the job jar carries nd4j-cuda, on a
 * GPU. Parameters, gradients and moments stay with ND4J from step to step.
 */
public final class Nd4jEngine implements Engine {
  private final int ordinal;

  /** Whether ND4J computes on a GPU here: the job jar carries nd4j-cuda, and nothing forbids it. */
  public static boolean isOnGpu() {
    return new CudaGpus().used();
  }

  /**
   * The name of a GPU that ND4J can run on.
   *
   * @throws ModelException that says why it cannot
   */
  public static String requireGpu(int ordinal) {
    return Preflight.require(new CudaGpus(), ordinal);
  }

  /**
   * @param ordinal of the GPU, where there is one
   */
  public Nd4jEngine(int ordinal) {
    this.ordinal = ordinal;
  }

  @Override
  public String name() {
    return "nd4j";
  }

  /**
   * @throws ModelException if the options ask for bfloat16, nd4j-cuda cannot run on the GPU, or the
   *     machine lacks libraries or memory
   */
  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    if (options.precision() != Precision.F32) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT,
          "engine.precision = bf16: ND4J's products of half precision are naive loops. "
              + "Set engine.precision = f32, or engine.name = onednn.");
    }
    Preflight.check(new CudaGpus(), ordinal);
    return new Nd4jProgram(graph, state, options, new Device(ordinal));
  }

  /**
   * The copies of parameters, gradients and moments count, too. Asks neither ND4J nor a GPU, so
   * that a driver without one can plan.
   */
  @Override
  public long plannedBytes(Graph graph, Options options) {
    Plan plan = new Plan(graph, options);
    long moments = options.training() ? 2 * plan.parameters() : 0;
    return plan.memory().bytes() + moments * Float.BYTES;
  }
}
