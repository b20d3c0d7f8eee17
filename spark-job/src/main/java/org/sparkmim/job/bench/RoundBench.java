package org.sparkmim.job.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.round.AveragingRule;
import org.sparkmim.job.round.Collected;
import org.sparkmim.job.round.EpochPlan;
import org.sparkmim.job.round.GraphState;
import org.sparkmim.job.round.MimTrainingMaster;
import org.sparkmim.job.round.MinibatchRef;
import org.sparkmim.job.round.NonFinite;
import org.sparkmim.job.round.TrainSettings;
import org.sparkmim.model.dl4j.MimGraph;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

/**
 * Runs rounds of a model's size through the training master, on replicas that do not train: what is
 * left of a round is its overhead.
 */
public final class RoundBench {
  private static final long SEED = 1;
  private static final int PIECE = 1 << 16;

  private RoundBench() {}

  /** Runs {@code rounds} rounds, at least two, on {@code workers} workers. */
  public static RoundRates run(
      JavaSparkContext spark,
      ModelSpec spec,
      EngineSpec engine,
      AveragingRule rule,
      int workers,
      int rounds) {
    Optimizer.AdamW adam = Optimizer.AdamW.published();
    ComputationGraph graph = MimGraph.create(spec, engine, 1, adam, 1e-3, SEED);
    ParameterVectors home = MimGraph.network(graph).state();
    scramble(home);
    int samples = Math.multiplyExact(workers, rounds);
    List<RoundRates.Round> measured = new ArrayList<>();
    List<Collected> collected = new ArrayList<>();
    long[] last = {System.nanoTime()};
    MimTrainingMaster master =
        new MimTrainingMaster(
            new TrainSettings(
                workers,
                1,
                1,
                1,
                0,
                TrainSettings.Curve.COSINE,
                1,
                1e-3,
                0,
                adam,
                SEED,
                rounds,
                1,
                new NonFinite(NonFinite.Policy.FAIL, 1),
                rule),
            samples,
            Progress.start(),
            GraphState.in(home),
            (report, state) -> {
              long now = System.nanoTime();
              measured.add(
                  new RoundRates.Round(
                      (now - last[0]) / 1e9, report.cost(), ProcessMemory.resident()));
              last[0] = now;
              if (measured.size() == rounds) {
                collected.add(state.get());
              }
            },
            RunObserver.NONE);
    List<String> paths =
        new EpochPlan(samples, workers, 1)
            .minibatches(0, 0).stream().map(MinibatchRef::toPath).toList();
    new SparkComputationGraph(spark, graph, master)
        .fitPaths(spark.parallelize(paths, 1), new IdleReplicas(home.size()));
    return new RoundRates(
        workers,
        home.size(),
        measured,
        collected.get(0).seconds(),
        collected.get(0).remoteBytes(),
        ProcessMemory.peak());
  }

  /** Numbers that no compressor and no zero page can make cheaper than a training's. */
  private static void scramble(ParameterVectors state) {
    Random random = new Random(SEED);
    float[] piece = new float[PIECE];
    for (int i = 0; i < piece.length; i++) {
      piece[i] = random.nextFloat();
    }
    for (FloatPointer vector :
        List.of(state.parameters(), state.firstMoment(), state.secondMoment())) {
      OffHeap memory = new OffHeap(vector, state.size());
      for (long at = 0; at < state.size(); at += PIECE) {
        memory.put(at, piece, (int) Math.min(PIECE, state.size() - at));
      }
    }
  }
}
