package org.sparkmim.model.engine.cuda;

import org.sparkmim.model.ModelException;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;

/**
 * What a class path without the preset makes of the engine; called in a class loader of its own.
 */
public final class MissingPreset {
  private MissingPreset() {}

  /** The message that a user gets. */
  public static String refusal() {
    RandomNetwork network = NetworkCase.LINEAR.network(1);
    Graph graph = network.graph();
    Engine engine = EngineSpec.of("cuda", "f32").engine();
    try (ParameterVectors state = network.state(graph)) {
      engine.compile(graph, state, new Engine.Options(true, false, Precision.F32)).close();
      return "";
    } catch (ModelException refused) {
      return refused.getMessage();
    }
  }
}
