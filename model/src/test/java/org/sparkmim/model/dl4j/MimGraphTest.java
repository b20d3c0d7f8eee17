package org.sparkmim.model.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.assertj.core.data.Offset;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.sparkmim.model.Network;
import org.sparkmim.model.RandomBatch;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

class MimGraphTest {
  private static final ModelSpec SPEC = RandomBatch.smallSpec();
  private static final EngineSpec ENGINE = EngineSpec.of("onednn", "f32");
  private static final int BATCH = 3;
  private static final double RATE = 1e-3;

  @ParameterizedTest
  @ValueSource(strings = {"onednn", "nd4j"})
  void dl4jsOwnFitFollowsTheSamePathAsTheEngine(String name) {
    EngineSpec engine = EngineSpec.of(name, "f32");
    ComputationGraph graph = graph(engine);
    MultiDataSet data = packed(1);
    try (Network network = Network.create(SPEC, engine, BATCH)) {
      network.initialise(7);
      assertThat(graph.params().toFloatVector()).isEqualTo(parameters(network));
      for (int step = 1; step <= 5; step++) {
        RandomBatch.draw(SPEC, BATCH, 1).feed(network);
        double loss = java.util.Arrays.stream(network.forward()).sum();
        network.backward();
        network.update(Optimizer.AdamW.published(), RATE, step);
        graph.fit(data);
        assertThat(graph.score()).as("loss of step %d", step).isEqualTo(loss, Offset.offset(1e-4));
      }
      assertThat(distance(graph.params().toFloatVector(), parameters(network)))
          .as("relative distance of the parameters after 5 steps")
          .isLessThan(1e-3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"onednn", "nd4j"})
  void aGraphsNetworkTrainsDl4jsOwnVectors(String engine) {
    ComputationGraph graph = graph(EngineSpec.of(engine, "f32"));
    float[] before = graph.params().toFloatVector();
    Network network = MimGraph.network(graph);
    MultiDataSet data = packed(2);
    MimGraph.feed(graph, data.getFeatures(0), data.getLabels(0));
    network.forward();
    network.backward();
    network.update(Optimizer.AdamW.published(), RATE, 1);
    assertThat(graph.params().toFloatVector()).isNotEqualTo(before);
    assertThat(graph.getUpdater().getStateViewArray().norm2Number().doubleValue()).isPositive();
  }

  @Test
  void aSavedGraphContinuesBitForBit() throws IOException {
    ComputationGraph graph = graph();
    MultiDataSet data = packed(3);
    graph.fit(data);
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    ModelSerializer.writeModel(graph, saved, true);
    ComputationGraph restored =
        ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(saved.toByteArray()));
    graph.fit(data);
    restored.fit(data);
    assertThat(restored.params().toFloatVector()).isEqualTo(graph.params().toFloatVector());
    assertThat(restored.getConfiguration().getIterationCount()).isEqualTo(2);
  }

  @Test
  void outputIsThePredictionOfEveryTap() {
    ComputationGraph graph = graph();
    INDArray out = graph.outputSingle(packed(4).getFeatures(0));
    assertThat(out.shape()).containsExactly(BATCH, (256 + 64 + 16 + 4) * 27);
    assertThat(out.norm2Number().doubleValue()).isPositive();
  }

  private static ComputationGraph graph() {
    return graph(ENGINE);
  }

  private static ComputationGraph graph(EngineSpec engine) {
    return MimGraph.create(SPEC, engine, BATCH, Optimizer.AdamW.published(), RATE, 7);
  }

  private static MultiDataSet packed(long seed) {
    RandomBatch batch = RandomBatch.draw(SPEC, BATCH, seed);
    INDArray features = PackedBatch.allocate(BATCH, PackedBatch.featureWidth(SPEC));
    INDArray labels = PackedBatch.allocate(BATCH, PackedBatch.labelWidth(SPEC));
    PackedBatch.pack(
        SPEC,
        batch.patches(),
        batch.keepIds(),
        batch.restoreIds(),
        batch.targets(),
        batch.weights(),
        features,
        labels);
    return new MultiDataSet(features, labels);
  }

  private static float[] parameters(Network network) {
    float[] numbers = new float[Math.toIntExact(network.layout().size())];
    network.state().parameters().get(numbers);
    return numbers;
  }

  private static double distance(float[] a, float[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += Math.pow(a[i] - b[i], 2);
      norm += Math.pow(b[i], 2);
    }
    return Math.sqrt(difference / norm);
  }
}
