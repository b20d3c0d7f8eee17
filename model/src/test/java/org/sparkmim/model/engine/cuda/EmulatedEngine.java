package org.sparkmim.model.engine.cuda;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;

/**
 * The cuda engine on emulated devices.
 *
 * @param reversed whether threads and blocks run from the last to the first
 * @param mostScores bytes of attention scores that are worked on at once
 */
record EmulatedEngine(boolean reversed, long mostScores) implements Engine {
  EmulatedEngine() {
    this(false, AttentionKernels.MOST_SCORES);
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    return CudaProgram.on(
        new EmulatedDevice(typeOf(options.precision()), reversed),
        new Plan(graph, options, mostScores),
        state);
  }

  @Override
  public long plannedBytes(Graph graph, Options options) {
    return new CudaEngine(0).plannedBytes(graph, options);
  }

  static Type typeOf(Precision precision) {
    return precision == Precision.BF16 ? Type.BF16 : Type.F32;
  }
}
