package org.sparkmim.job.round;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.commit.RunRecord;
import org.sparkmim.job.commit.StateFiles;
import org.sparkmim.job.commit.TensorRange;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.Network;
import org.sparkmim.model.dl4j.MimGraph;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;
import org.sparkmim.model.weights.Tensor;

/**
 * A pre-training, from its checks to its last checkpoint.
 *
 * <p>{@link #prepare} refuses whatever cannot work before anything is written or a cluster is
 * taken; {@link #run} starts or continues the run, wherever the last process that worked on it has
 * come to.
 */
public final class Pretraining {
  private final Recipe recipe;
  private final String codeVersion;
  private final Configuration hadoop;
  private final Dataset dataset;
  private final ModelSpec spec;
  private final EngineSpec engine;
  private final TrainSettings settings;
  private final String output;

  private Pretraining(
      Recipe recipe, String codeVersion, Configuration hadoop, Dataset dataset, String output) {
    this.recipe = recipe;
    this.codeVersion = codeVersion;
    this.hadoop = hadoop;
    this.dataset = dataset;
    this.output = output;
    spec = ModelSpec.from(recipe.section("model"));
    engine = EngineSpec.from(recipe.section("engine"));
    settings = TrainSettings.from(recipe.section("train"));
  }

  /**
   * Checks recipe, data and output; writes nothing.
   *
   * @param dataset address of an ingested dataset
   * @param output address of the run's directory
   * @throws RuntimeException that names the mistake, of the exceptions shown without a stack trace
   */
  public static Pretraining prepare(
      Recipe recipe, String codeVersion, Configuration hadoop, String dataset, String output) {
    Dataset opened = Dataset.open(hadoop, dataset);
    Pretraining training = new Pretraining(recipe, codeVersion, hadoop, opened, output);
    training.settings.requireFits(opened.size(), opened.uri());
    MinibatchShape.of(training.spec, training.settings.seed());
    Augmentation.from(recipe.section("data"));
    LoaderSettings.from(recipe.section("data"));
    RunDirectory.check(hadoop, output, training.record());
    return training;
  }

  /** Checked settings of the section {@code train}. */
  public TrainSettings settings() {
    return settings;
  }

  /** The engine that trains. */
  public EngineSpec engine() {
    return engine;
  }

  private RunRecord record() {
    return new RunRecord(
        recipe.origins(), codeVersion, dataset.uri(), dataset.hash(), dataset.size());
  }

  /** Where messages and progress go, who may stop the run, who watches it. */
  public record Surroundings(
      PrintWriter out,
      boolean terminal,
      StopRequest stop,
      RunObserver observer,
      Consumer<Checkpoint> committed) {}

  /**
   * Trains to the end.
   *
   * @return the last checkpoint
   */
  public Checkpoint run(JavaSparkContext spark, Surroundings around) {
    try (RunDirectory run = RunDirectory.open(hadoop, output, record(), around.observer())) {
      RunDirectory.Resumable found = run.newest();
      for (String damage : found.damaged()) {
        around.out().println("Damaged checkpoint, not used: " + damage);
      }
      Progress progress = found.checkpoint().map(Checkpoint::progress).orElse(Progress.start());
      around.out().println(opening(run, found, progress));
      around.out().flush();
      if (settings.isDone(progress, dataset.size())) {
        return found.checkpoint().orElseThrow();
      }
      train(spark, run, found, progress, around);
      return run.newest().checkpoint().orElseThrow();
    }
  }

  private String opening(RunDirectory run, RunDirectory.Resumable found, Progress progress) {
    if (settings.isDone(progress, dataset.size())) {
      return "Already trained to the end: " + found.checkpoint().orElseThrow().directory();
    }
    return found
        .checkpoint()
        .map(from -> "Continuing " + run.path() + " from " + from.name())
        .orElse((found.damaged().isEmpty() ? "Training into " : "Starting anew in ") + run.path());
  }

  private void train(
      JavaSparkContext spark,
      RunDirectory run,
      RunDirectory.Resumable found,
      Progress progress,
      Surroundings around) {
    // The driver only keeps the state, so its own graph is as small as a graph can be.
    ComputationGraph graph =
        MimGraph.create(spec, engine, 1, driverOptimizer(), settings.peakRate(), settings.seed());
    Network network = MimGraph.network(graph);
    ParameterVectors state = network.state();
    StateFiles files = files(network);
    found.checkpoint().ifPresent(from -> from.state(files).copyTo(state));
    ProgressLine line =
        new ProgressLine(around.out(), around.terminal(), settings.epochs(), dataset.size());
    RunRecorder recorder =
        new RunRecorder(
            run,
            files,
            settings,
            dataset.size(),
            run.metrics(progress.round()),
            line,
            around.stop(),
            around.committed());
    MimTrainingMaster master =
        new MimTrainingMaster(
            settings, dataset.size(), progress, same -> state, recorder, around.observer());
    SparkComputationGraph distributed = new SparkComputationGraph(spark, graph, master);
    NetworkReplicas replicas = replicas();
    try {
      while (!settings.isDone(master.progress(), dataset.size())) {
        Progress at = master.progress();
        EpochPlan plan = settings.plan(at.epoch(), dataset.size());
        List<String> paths =
            plan.minibatches(at.epoch(), at.position()).stream().map(MinibatchRef::toPath).toList();
        distributed.fitPaths(spark.parallelize(paths, 1), replicas);
      }
    } finally {
      line.end();
      ReplicaPool.clear();
    }
  }

  private NetworkReplicas replicas() {
    return new NetworkReplicas(
        new NetworkReplicas.Recipe(
            dataset.uri(),
            dataset.hash(),
            spec,
            engine,
            settings.batch(),
            settings.optimizer(),
            Augmentation.from(recipe.section("data")),
            LoaderSettings.from(recipe.section("data")),
            settings.seed(),
            settings.workers()),
        hadoop);
  }

  private Optimizer.AdamW driverOptimizer() {
    return settings.optimizer() instanceof Optimizer.AdamW adam
        ? adam
        : Optimizer.AdamW.published();
  }

  private StateFiles files(Network network) {
    List<TensorRange> ranges =
        network.layout().entries().stream()
            .map(entry -> new TensorRange(entry.name(), longs(entry.shape()), entry.offset()))
            .toList();
    List<Tensor> fixed =
        spec.method().fixedTensors(spec).stream()
            .map(tensor -> Tensor.floats(tensor.name(), longs(tensor.shape()), tensor.numbers()))
            .toList();
    return new StateFiles(ranges, fixed, Map.of("format", "pt", "sparkmim.model", spec.toJson()));
  }

  private static List<Long> longs(List<Integer> shape) {
    return shape.stream().map(Integer::longValue).toList();
  }
}
