package org.sparkmim.job.round;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.core.loader.DataSetLoader;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.spark.api.TrainingHook;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.api.TrainingResult;
import org.deeplearning4j.spark.api.TrainingWorker;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.Progress;

/**
 * DL4J's seam for training on Spark, with exact rounds behind it.
 *
 * <p>It is driven by {@code SparkComputationGraph.fitPaths(paths, loader)}, one call an epoch:
 * every path is a {@link MinibatchRef}, in the order of an {@link EpochPlan}; the loader is a
 * {@link ReplicaFactory} too. DL4J's own averaging master restarts the iteration counter on every
 * worker in every round, moves arrays element by element through the driver, and never frees its
 * broadcasts.
 */
public final class MimTrainingMaster
    implements TrainingMaster<TrainingResult, TrainingWorker<TrainingResult>> {
  private final TrainSettings settings;
  private final long samples;
  private final GraphState home;
  private final RoundListener listener;
  private final RunObserver observer;
  private final List<TrainingListener> listeners = new ArrayList<>();
  private final FlatState begun;
  private Progress progress;

  /**
   * A master that continues from {@code progress}.
   *
   * @param samples samples in an epoch
   * @param home state of the graph that will be trained
   */
  public MimTrainingMaster(
      TrainSettings settings,
      long samples,
      Progress progress,
      GraphState home,
      RoundListener listener,
      RunObserver observer) {
    this.settings = settings;
    this.samples = samples;
    this.progress = progress;
    this.home = home;
    this.listener = listener;
    this.observer = observer;
    boolean mayRollBack = settings.nonFinite().policy() == NonFinite.Policy.ROLLBACK;
    begun = mayRollBack ? home.read() : null;
  }

  /** How far the training is. */
  public Progress progress() {
    return progress;
  }

  @Override
  public void executeTrainingPaths(
      SparkDl4jMultiLayer network,
      SparkComputationGraph graph,
      JavaRDD<String> paths,
      DataSetLoader unused,
      MultiDataSetLoader loader) {
    if (graph == null || !(loader instanceof ReplicaFactory factory)) {
      throw unsupported("anything but fitPaths of a ComputationGraph with SparkMIM's loader");
    }
    JavaSparkContext spark = graph.getSparkContext();
    ComputationGraph model = graph.getNetwork();
    model.getConfiguration().setEpochCount(progress.epoch());
    List<MinibatchRef> refs = paths.collect().stream().map(MinibatchRef::parse).toList();
    List<MinibatchRef> known = withNextEpoch(refs);
    int size = settings.workers() * settings.localSteps();
    MinibatchRef end = refs.get(refs.size() - 1);
    boolean whole = end.first() + end.count() == samples;
    try (Rounds rounds =
        new Rounds(spark, factory, observer, settings.averaging(), home.read(), samples)) {
      for (int first = 0; first < refs.size(); first += size) {
        int last = Math.min(first + size, refs.size());
        RoundPlan plan =
            RoundPlan.of(
                progress,
                refs.subList(first, last),
                known.subList(last, Math.min(last + size, known.size())),
                settings.workers(),
                ref -> settings.rate(ref.epoch(), ref.first(), samples),
                whole && last == refs.size());
        Rounds.Result result = run(rounds, plan);
        if (!result.faults().isEmpty()) {
          passOver(BadRound.of(plan, result, settings.seed(), samples), rounds);
          continue;
        }
        progress = plan.end();
        RoundReport report = RoundReport.of(plan, result);
        if (!listeners.isEmpty()) {
          home.write(rounds.state().state());
        }
        show(model, report, plan.start().epoch());
        graph.setScore(report.loss());
        listener.afterRound(report, rounds::state);
      }
      // Only DL4J's listeners look at the graph between rounds, and copying has its price.
      home.write(rounds.state().state());
    }
  }

  private void passOver(BadRound bad, Rounds rounds) {
    bad.check(settings.nonFinite());
    if (settings.nonFinite().policy() == NonFinite.Policy.ROLLBACK) {
      rounds.restart(listener.committed().orElse(begun));
    }
    progress = bad.end();
    listener.afterBadRound(bad, rounds::state);
  }

  private Rounds.Result run(Rounds rounds, RoundPlan plan) {
    try {
      return rounds.run(plan);
    } catch (Exception e) {
      listener.afterFailure(plan.start(), rounds::state);
      throw e;
    }
  }

  /** So that samples of the next epoch's first round can be loaded before this one ends. */
  private List<MinibatchRef> withNextEpoch(List<MinibatchRef> refs) {
    int epoch = progress.epoch() + 1;
    if (epoch >= settings.epochs()) {
      return refs;
    }
    List<MinibatchRef> all = new ArrayList<>(refs);
    all.addAll(settings.plan(epoch, samples).minibatches(epoch, 0));
    return all;
  }

  /** Keeps DL4J's own counters right, and its listeners informed. */
  private void show(ComputationGraph model, RoundReport report, int epoch) {
    int iteration = Math.toIntExact(report.end().step());
    model.getConfiguration().setIterationCount(iteration);
    model.setScore(report.loss());
    for (TrainingListener each : listeners) {
      each.iterationDone(model, iteration, epoch);
    }
  }

  @Override
  public void setListeners(Collection<TrainingListener> given) {
    listeners.clear();
    if (given != null) {
      listeners.addAll(given);
    }
  }

  @Override
  public void setListeners(StatsStorageRouter router, Collection<TrainingListener> given) {
    setListeners(given);
  }

  @Override
  public String toJson() {
    return "{\"master\": \"" + getClass().getName() + "\"}";
  }

  @Override
  public String toYaml() {
    return "master: " + getClass().getName() + "\n";
  }

  @Override
  public boolean getIsCollectTrainingStats() {
    return false;
  }

  @Override
  public void setCollectTrainingStats(boolean collect) {
    if (collect) {
      throw unsupported("DL4J's training statistics; read metrics.jsonl");
    }
  }

  @Override
  public SparkTrainingStats getTrainingStats() {
    throw unsupported("DL4J's training statistics; read metrics.jsonl");
  }

  /** Nothing to delete: this master writes no temporary files. */
  @Override
  public boolean deleteTempFiles(JavaSparkContext spark) {
    return true;
  }

  @Override
  public boolean deleteTempFiles(SparkContext spark) {
    return true;
  }

  @Override
  public void addHook(TrainingHook hook) {
    throw unsupported("DL4J's training hooks; use a RoundListener");
  }

  @Override
  public void removeHook(TrainingHook hook) {
    throw unsupported("DL4J's training hooks; use a RoundListener");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkDl4jMultiLayer network) {
    throw unsupported("DL4J's workers");
  }

  @Override
  public TrainingWorker<TrainingResult> getWorkerInstance(SparkComputationGraph graph) {
    throw unsupported("DL4J's workers");
  }

  @Override
  public void executeTraining(SparkDl4jMultiLayer network, JavaRDD<DataSet> data) {
    throw unsupported("data sets in memory; use fitPaths");
  }

  @Override
  public void executeTraining(SparkComputationGraph graph, JavaRDD<DataSet> data) {
    throw unsupported("data sets in memory; use fitPaths");
  }

  @Override
  public void executeTrainingMDS(SparkComputationGraph graph, JavaRDD<MultiDataSet> data) {
    throw unsupported("data sets in memory; use fitPaths");
  }

  private static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException("MimTrainingMaster does not serve " + what);
  }
}
