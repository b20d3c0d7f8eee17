package org.sparkmim.job.bench;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.api.RDDTrainingApproach;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.paramavg.ParameterAveragingTrainingMaster;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * What DL4J's own {@code ParameterAveragingTrainingMaster} moves in a round, with its default of an
 * averaging every five steps, for a network of given size: one dense layer, trained by Adam on rows
 * that are small beside it.
 */
final class StockMasterBench {
  /** DL4J's default of {@code averagingFrequency}. */
  static final int LOCAL_STEPS = 5;

  private static final int ROUNDS = 3;

  private StockMasterBench() {}

  /**
   * Bytes a round, of all workers.
   *
   * @param parameters about as many; what is measured is scaled to them
   */
  static long run(JavaSparkContext spark, long parameters, int workers) {
    int inputs = (int) Math.round(Math.sqrt(parameters));
    int outputs = (int) (parameters / inputs);
    ComputationGraph graph = graph(inputs, outputs);
    ParameterAveragingTrainingMaster master =
        new ParameterAveragingTrainingMaster.Builder(workers, 1)
            .batchSizePerWorker(1)
            .averagingFrequency(LOCAL_STEPS)
            .workerPrefetchNumBatches(0)
            .rddTrainingApproach(RDDTrainingApproach.Direct)
            .build();
    List<MultiDataSet> rows = new ArrayList<>();
    for (int row = 0; row < ROUNDS * workers * LOCAL_STEPS; row++) {
      rows.add(
          new org.nd4j.linalg.dataset.MultiDataSet(
              Nd4j.rand(DataType.FLOAT, 1, inputs), Nd4j.rand(DataType.FLOAT, 1, outputs)));
    }
    SparkComputationGraph distributed = new SparkComputationGraph(spark, graph, master);
    try (SparkTraffic traffic = new SparkTraffic(spark.sc())) {
      distributed.fitMultiDataSet(spark.parallelize(rows, workers));
      double scale = parameters / (double) graph.numParams();
      return Math.round(traffic.bytes() * scale / ROUNDS);
    }
  }

  private static ComputationGraph graph(int inputs, int outputs) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Adam(1e-4))
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MSE)
                        .nIn(inputs)
                        .nOut(outputs)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build(),
                    "in")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }
}
