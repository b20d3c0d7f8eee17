package org.sparkmim.model.dl4j;

import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

/**
 * The network as a DL4J {@link ComputationGraph} of one layer.
 *
 * <p>Its flattened parameters, gradients and Adam state are the vectors that the engine works on,
 * so {@code SparkComputationGraph}, {@code ModelSerializer} and listeners see the real thing.
 */
public final class MimGraph {
  private static final String LAYER = "mim";

  private MimGraph() {}

  /**
   * A graph with fresh parameters.
   *
   * @param seed of the initial parameters
   * @param learningRate of DL4J's own updater; SparkMIM's training master sets its own rates
   */
  public static ComputationGraph create(
      ModelSpec spec,
      EngineSpec engine,
      int batch,
      Optimizer.AdamW optimizer,
      double learningRate,
      long seed) {
    MimLayerConfiguration layer =
        new MimLayerConfiguration(spec, engine, batch, optimizer, learningRate);
    ComputationGraphConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .miniBatch(false)
            .trainingWorkspaceMode(WorkspaceMode.NONE)
            .inferenceWorkspaceMode(WorkspaceMode.NONE)
            .graphBuilder()
            .addInputs("images")
            .addLayer(LAYER, layer, "images")
            .setOutputs(LAYER)
            .build();
    ComputationGraph graph = new ComputationGraph(configuration);
    graph.init();
    return graph;
  }

  /** A graph's flattened parameters; valid as long as the graph. */
  public static FloatPointer parameters(ComputationGraph graph) {
    return Arrays.pointer(graph.params());
  }

  /** The network of a graph, bound to its parameters, gradients and Adam moments. */
  public static Network network(ComputationGraph graph) {
    MimLayer layer = (MimLayer) graph.getLayer(LAYER);
    long size = graph.numParams();
    INDArray moments = graph.getUpdater(true).getStateViewArray();
    if (moments.length() != 2 * size) {
      throw new IllegalStateException(
          "DL4J keeps " + moments.length() + " updater values for " + size + " parameters");
    }
    FloatPointer first = Arrays.pointer(moments);
    layer.bind(
        ParameterVectors.wrap(
            size,
            Arrays.pointer(graph.params()),
            Arrays.pointer(layer.getGradientsViewArray()),
            first,
            first.getPointer(size)));
    return layer.network();
  }

  /** Feeds the network of a graph from packed rows. */
  public static void feed(ComputationGraph graph, INDArray features, INDArray labels) {
    MimLayer layer = (MimLayer) graph.getLayer(LAYER);
    layer.packed().feed(features, labels, layer.network());
  }
}
