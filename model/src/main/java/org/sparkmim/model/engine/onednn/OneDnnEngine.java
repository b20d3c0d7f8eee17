package org.sparkmim.model.engine.onednn;

import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Program;
import org.sparkmim.model.graph.Graph;

/** Runs graphs on the CPU with oneDNN, in f32 or bf16, with what the processor offers. */
public final class OneDnnEngine implements Engine {
  @Override
  public String name() {
    return "onednn";
  }

  @Override
  public Program compile(Graph graph, ParameterVectors state, Options options) {
    return new OneDnnProgram(graph, state, options);
  }
}
