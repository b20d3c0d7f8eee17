package org.sparkmim.model.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkmim.model.engine.Engine;
import org.sparkmim.model.engine.NetworkCase;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.engine.RandomNetwork;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.GraphBuilder;
import org.sparkmim.model.graph.Value;
import org.sparkmim.model.nn.Init;

class PlanTest {
  /**
   * Kernels that no plan has: {@link CudaUpdates}, {@link CudaProgram} and {@link CudaHog} launch.
   */
  private static final Set<String> BESIDE_PLANS = Set.of("adamw", "sgd", "narrow", "hog_cells");

  private static Engine.Options training(Precision precision) {
    return new Engine.Options(true, false, precision);
  }

  @Test
  void everyKernelIsLaunchedByAnOperation() {
    Set<String> launched = new TreeSet<>(BESIDE_PLANS);
    List<Graph> graphs = new ArrayList<>();
    for (NetworkCase network : NetworkCase.values()) {
      graphs.add(network.graph(1));
    }
    for (int width : FusedAttentionKernels.WIDTHS) {
      RandomNetwork n = new RandomNetwork(1);
      n.loss(n.builder().attention(n.parameter(1, 2, 3 * width), 1));
      graphs.add(n.graph());
    }
    for (Graph graph : graphs) {
      for (Precision precision : Precision.values()) {
        Plan plan = new Plan(graph, training(precision));
        Stream.concat(plan.forward().stream(), plan.backward().stream())
            .filter(Launch.class::isInstance)
            .forEach(task -> launched.add(((Launch) task).kernel()));
      }
    }
    assertThat(launched).isEqualTo(new TreeSet<>(Emulator.kernels(KernelSource.text(Type.BF16))));
  }

  @ParameterizedTest
  @EnumSource
  void whatIsPlannedIsWhatIsAllocated(Precision precision) {
    for (NetworkCase network : NetworkCase.values()) {
      RandomNetwork random = network.network(2);
      Graph graph = random.graph();
      EmulatedDevice device = new EmulatedDevice(EmulatedEngine.typeOf(precision));
      try (ParameterVectors state = random.state(graph);
          CudaProgram program =
              CudaProgram.on(device, new Plan(graph, training(precision)), state)) {
        assertThat(device.allocatedBytes() + Products.WORKSPACE_BYTES)
            .as("%s", network)
            .isEqualTo(new CudaEngine(0).plannedBytes(graph, training(precision)));
        assertThat(program.activationBytes()).isLessThan(device.allocatedBytes());
      }
    }
  }

  /** ViT-B/16 on 256 images of 224 pixels, all tokens. */
  @Test
  void launchesOfALargeNetworkAreWhatDevicesAllow() {
    GraphBuilder b = new GraphBuilder();
    int tokens = 197;
    int width = 768;
    Value x = b.input("x", 256, tokens, width);
    Value gamma = b.parameter("gamma", new Init.Constant(1), width);
    Value beta = b.parameter("beta", new Init.Constant(0), width);
    Value weight = b.parameter("qkv", new Init.Constant(0), 3 * width, width);
    Value bias = b.parameter("bias", new Init.Constant(0), 3 * width);
    Value attended = b.attention(b.linear(b.layerNorm(x, gamma, beta, 1e-6), weight, bias), 12);
    b.maskedMse(attended, b.input("y", 256, tokens, width), b.input("w", 256 * tokens));
    Plan plan = new Plan(b.build(), training(Precision.BF16));
    Stream.concat(plan.forward().stream(), plan.backward().stream())
        .filter(Launch.class::isInstance)
        .map(Launch.class::cast)
        .forEach(
            launch -> {
              assertThat(launch.gridY()).as("%s", launch).isBetween(1, 65535);
              assertThat(launch.gridX()).as("%s", launch).isPositive();
              assertThat(launch.blockX() * launch.blockY()).isBetween(32, 256);
            });
    assertThat(plan.bytes()).isLessThan(2L << 30);
  }
}
