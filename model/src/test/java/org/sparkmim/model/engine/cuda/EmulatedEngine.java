package org.sparkmim.model.engine.cuda;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;

/** The cuda engine on emulated devices. */
record EmulatedEngine(boolean reversed) implements Engine {
  EmulatedEngine() {
    this(false);
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    return CudaProgram.on(
        new EmulatedDevice(typeOf(options.precision()), reversed), graph, state, options);
  }

  @Override
  public long plannedBytes(Graph graph, Options options) {
    return new CudaEngine(0).plannedBytes(graph, options);
  }

  static Type typeOf(Precision precision) {
    return precision == Precision.BF16 ? Type.BF16 : Type.F32;
  }
}
