package org.sparkmim.job.round;

import com.typesafe.config.Config;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.JavaSparkContext;
import org.bytedeco.javacpp.FloatPointer;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.Checkpoint;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.commit.RunDirectory;
import org.sparkmim.job.commit.RunRecord;
import org.sparkmim.job.commit.StateFiles;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.ModelTensors;
import org.sparkmim.model.dl4j.MimGraph;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

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
  private EngineSpec engine;
  private final TrainSettings settings;
  private final Duration executorsTimeout;
  private final String output;
  private final FutureTask<ComputationGraph> model = new FutureTask<>(this::makeGraph);

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
    executorsTimeout = executorsTimeout(recipe.section("run"));
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
    MinibatchShape.of(training.spec, training.settings.seed(), training.engine);
    if (training.spec.alignment() != null) {
      TeacherWeights.check(hadoop, training.spec);
    }
    Augmentation.from(recipe.section("data"));
    LoaderSettings.from(recipe.section("data"));
    RunDirectory.check(hadoop, output, training.record());
    return training;
  }

  /** Checked settings of the section {@code train}. */
  public TrainSettings settings() {
    return settings;
  }

  /** Trains with that engine, where the recipe leaves it to the cluster. */
  public void use(EngineSpec chosen) {
    MinibatchShape.of(spec, settings.seed(), chosen);
    engine = chosen;
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

  /** The last checkpoint of a run that is trained to the end; empty for any other. Only reads. */
  public Optional<Checkpoint> finished() {
    return Checkpoint.newest(hadoop, output)
        .filter(last -> settings.isDone(last.progress(), dataset.size()));
  }

  /**
   * Opens the run's directory for this process alone.
   *
   * @throws org.sparkmim.job.MimException (busy) if another process has it
   */
  public RunDirectory open(RunObserver observer) {
    return RunDirectory.open(hadoop, output, record(), observer);
  }

  /**
   * Trains to the end, in a directory that nobody else has open.
   *
   * @return the last checkpoint
   */
  public Checkpoint run(JavaSparkContext spark, Surroundings around) {
    try (RunDirectory run = open(around.observer())) {
      return run(spark, run, around);
    }
  }

  /**
   * Trains to the end.
   *
   * @param run this run's directory, from {@link #open}
   * @return the last checkpoint
   */
  public Checkpoint run(JavaSparkContext spark, RunDirectory run, Surroundings around) {
    return run(spark, run, around, replicas());
  }

  /** Trains on other replicas than the recipe's, such as those that tests spoil. */
  <T extends ReplicaFactory & MultiDataSetLoader> Checkpoint run(
      JavaSparkContext spark, Surroundings around, T replicas) {
    try (RunDirectory run = open(around.observer())) {
      return run(spark, run, around, replicas);
    }
  }

  private <T extends ReplicaFactory & MultiDataSetLoader> Checkpoint run(
      JavaSparkContext spark, RunDirectory run, Surroundings around, T replicas) {
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
    train(spark, run, found, progress, around, replicas);
    return run.newest().checkpoint().orElseThrow();
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
      Surroundings around,
      MultiDataSetLoader replicas) {
    ComputationGraph graph = graph();
    FloatPointer parameters = MimGraph.parameters(graph);
    StateFiles files =
        StateFiles.of(ModelTensors.of(spec)).withOuter(settings.averaging().outerVectors());
    FlatState state =
        found
            .checkpoint()
            .map(from -> from.state(files))
            .orElseGet(() -> FlatState.beforeTraining(parameters, graph.numParams()));
    ProgressLine line =
        new ProgressLine(around.out(), around.terminal(), settings.epochs(), dataset.size());
    RunRecorder recorder =
        new RunRecorder(
            spark.sc(),
            run,
            files,
            settings,
            dataset.size(),
            progress,
            run.metrics(progress.round()),
            line,
            around.stop(),
            around.committed());
    MimTrainingMaster master =
        new MimTrainingMaster(
            settings,
            dataset.size(),
            progress,
            GraphState.of(parameters, state),
            recorder,
            around.observer());
    SparkComputationGraph distributed = new SparkComputationGraph(spark, graph, master);
    around.stop().interrupts(recorder);
    try (ClusterSlots slots =
        new ClusterSlots(spark, settings.workers(), executorsTimeout, line::say)) {
      fit(distributed, spark, master, replicas, slots);
    } finally {
      around.stop().interrupts(StopRequest.Work.NONE);
      line.end();
      ReplicaPool.clear();
    }
  }

  private void fit(
      SparkComputationGraph distributed,
      JavaSparkContext spark,
      MimTrainingMaster master,
      MultiDataSetLoader replicas,
      ClusterSlots slots) {
    try {
      while (!settings.isDone(master.progress(), dataset.size())) {
        Progress at = master.progress();
        EpochPlan plan = settings.plan(at.epoch(), dataset.size());
        List<String> paths =
            plan.minibatches(at.epoch(), at.position()).stream().map(MinibatchRef::toPath).toList();
        distributed.fitPaths(spark.parallelize(paths, 1), replicas);
      }
    } catch (RuntimeException e) {
      throw slots.explain(e).map(RuntimeException.class::cast).orElse(e);
    }
  }

  private static Duration executorsTimeout(Config run) {
    int seconds = run.getInt("executors-timeout-seconds");
    if (seconds < 1) {
      throw MimException.usage(
          "run.executors-timeout-seconds = " + seconds + " must be at least 1.");
    }
    return Duration.ofSeconds(seconds);
  }

  /**
   * Begins to make the model, beside what the caller does next: starting Spark takes as long, and
   * not all of the processor.
   */
  public void makeModelAhead() {
    // A plain thread has its parent's class loader, which is where spark-submit puts this program.
    Thread maker = new Thread(model, "mim-model");
    maker.setDaemon(true);
    maker.start();
  }

  private ComputationGraph graph() {
    // Does nothing if it has begun already.
    model.run();
    try {
      return model.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("The model cannot be made", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Stopped while the model was made", e);
    }
  }

  /** The driver only keeps the state, so its own graph is as small as a graph can be. */
  private ComputationGraph makeGraph() {
    return MimGraph.create(
        spec, engine.onHost(), 1, driverOptimizer(), settings.peakRate(), settings.seed());
  }

  NetworkReplicas replicas() {
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
}
