package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.Network;
import org.sparkmim.model.dl4j.MimGraph;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

final class MimTrainingMasterTest {
  private static final ModelSpec SPEC = NoiseReplicas.tinySpec();
  private static final EngineSpec REFERENCE = EngineSpec.of("reference", "f32");
  private static final long SAMPLES = 22;

  @Test
  void oneWorkerThroughDl4jIsBitEqualToAPlainLoop() {
    TrainSettings settings = settings(1, 4, 2, "adamw");
    Trained trained = train(settings, Progress.start(), null, 2);

    NoiseReplicas plain = replicas(settings);
    try (Network network = Network.create(SPEC, REFERENCE, 4)) {
      initial(settings).copyTo(network.state());
      long step = 0;
      for (int epoch = 0; epoch < 2; epoch++) {
        for (MinibatchRef ref : new EpochPlan(SAMPLES, 1, 4).minibatches(epoch, 0)) {
          double rate = settings.rate(epoch, ref.first(), SAMPLES);
          plain.step(network, new LocalStep(ref, ++step, rate));
        }
      }
      RoundsTest.assertBitEqual(trained.state(), FlatState.copyOf(network.state()));
    }
    RoundsTest.assertBitEqual(trained.graphState(), trained.state());
  }

  @Test
  void sgdOnThreeWorkersWithOneLocalStepEqualsOneBigBatch() {
    // 22 samples are 3 + 4 + 4 and once more 3 + 4 + 4: unequal shares, and empty rows.
    TrainSettings three = settings(3, 4, 1, "sgd");
    TrainSettings one = settings(1, 12, 1, "sgd");
    assertThat(three.peakRate()).isEqualTo(one.peakRate());
    float[] averaged = parameters(train(three, Progress.start(), null, 1).state());
    float[] big = parameters(train(one, Progress.start(), null, 1).state());
    float[] start = parameters(initial(one));

    double apart = 0;
    double moved = 0;
    for (int i = 0; i < big.length; i++) {
      apart = Math.max(apart, Math.abs(averaged[i] - big[i]));
      moved = Math.max(moved, Math.abs(big[i] - start[i]));
    }
    assertThat(moved).isGreaterThan(1e-4);
    assertThat(apart).isLessThan(1e-3 * moved);
  }

  @Test
  void countersOfDl4jFollowTheRun() {
    TrainSettings settings = settings(2, 3, 2, "adamw");
    Trained trained = train(settings, Progress.start(), null, 3);
    // ceil(22 / 6) = 4 steps an epoch.
    assertThat(trained.graph().getConfiguration().getIterationCount()).isEqualTo(12);
    assertThat(trained.graph().getConfiguration().getEpochCount()).isEqualTo(3);
    assertThat(trained.scores()).hasSize(6).allMatch(score -> score > 0);
    assertThat(trained.progress()).isEqualTo(new Progress(12, 6, 3, 0));
  }

  @Test
  void continuingFromAnyRoundGivesTheSameBits() {
    TrainSettings settings = settings(2, 3, 1, "adamw");
    Trained whole = train(settings, Progress.start(), null, 2);
    for (int round = 1; round < whole.states().size() - 1; round += 3) {
      Trained rest =
          train(settings, whole.reports().get(round).end(), whole.states().get(round), 2);
      RoundsTest.assertBitEqual(rest.state(), whole.state());
      assertThat(rest.reports()).hasSize(whole.reports().size() - round - 1);
    }
  }

  @Test
  void anotherLoaderIsRefused() {
    TrainSettings settings = settings(1, 4, 2, "adamw");
    ComputationGraph graph = graph(settings);
    SparkComputationGraph distributed =
        new SparkComputationGraph(
            LocalSpark.context(),
            graph,
            new MimTrainingMaster(
                settings,
                SAMPLES,
                Progress.start(),
                GraphState.in(MimGraph.network(graph).state()),
                (report, state) -> {},
                RunObserver.NONE));
    assertThatThrownBy(
            () ->
                distributed.fitPathsMultiDataSet(
                    LocalSpark.context().parallelize(List.of("minibatch/0/0/4"))))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private record Trained(
      ComputationGraph graph,
      FlatState graphState,
      Progress progress,
      List<RoundReport> reports,
      List<FlatState> states,
      List<Double> scores) {
    FlatState state() {
      return states.get(states.size() - 1);
    }
  }

  private static Trained train(TrainSettings settings, Progress from, FlatState start, int epochs) {
    ComputationGraph graph = graph(settings);
    Network network = MimGraph.network(graph);
    if (start != null) {
      start.copyTo(network.state());
    }
    List<RoundReport> reports = new ArrayList<>();
    List<FlatState> states = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    MimTrainingMaster master =
        new MimTrainingMaster(
            settings,
            SAMPLES,
            from,
            GraphState.in(network.state()),
            (report, state) -> {
              reports.add(report);
              states.add(state.get().state());
            },
            RunObserver.NONE);
    SparkComputationGraph distributed =
        new SparkComputationGraph(LocalSpark.context(), graph, master);
    distributed.setListeners(
        List.of(
            new BaseTrainingListener() {
              @Override
              public void iterationDone(Model model, int iteration, int epoch) {
                scores.add(model.score());
              }
            }));
    EpochPlan plan = new EpochPlan(SAMPLES, settings.workers(), settings.batch());
    while (master.progress().epoch() < epochs) {
      Progress at = master.progress();
      List<String> paths =
          plan.minibatches(at.epoch(), at.position()).stream().map(MinibatchRef::toPath).toList();
      distributed.fitPaths(LocalSpark.context().parallelize(paths, 2), replicas(settings));
    }
    return new Trained(
        graph, FlatState.copyOf(network.state()), master.progress(), reports, states, scores);
  }

  private static FlatState initial(TrainSettings settings) {
    return FlatState.copyOf(MimGraph.network(graph(settings)).state());
  }

  private static ComputationGraph graph(TrainSettings settings) {
    return MimGraph.create(SPEC, REFERENCE, 1, Optimizer.AdamW.published(), 1e-3, settings.seed());
  }

  private static NoiseReplicas replicas(TrainSettings settings) {
    return new NoiseReplicas(SPEC, REFERENCE, settings.batch(), settings.optimizer());
  }

  private static float[] parameters(FlatState state) {
    float[] values = new float[(int) state.size()];
    state.values(Vector.PARAMETERS).read(0, values, values.length);
    return values;
  }

  private static TrainSettings settings(int workers, int batch, int localSteps, String optimizer) {
    Config overrides =
        ConfigFactory.parseString(
            String.format(
                "workers = %d, batch-size = %d, local-steps = %d, optimizer = %s, epochs = 5,"
                    + " warmup-epochs = 1, base-lr = 0.05",
                workers, batch, localSteps, optimizer));
    return TrainSettings.from(overrides.withFallback(Recipe.defaults().section("train")));
  }
}
