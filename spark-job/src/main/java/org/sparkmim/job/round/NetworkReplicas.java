package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.util.SerializableConfiguration;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.LoaderSettings;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.batch.MinibatchSource;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.image.Augmentation;
import org.sparkmim.job.MimException;
import org.sparkmim.job.device.TaskDevice;
import org.sparkmim.model.dl4j.PackedBatch;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.optim.Optimizer;

/**
 * Makes the replicas that train on a dataset. It is also the loader that DL4J's Spark API is given:
 * it turns a {@link MinibatchRef}'s path into the minibatch.
 */
public final class NetworkReplicas implements ReplicaFactory, MultiDataSetLoader {
  private static final long serialVersionUID = 1L;

  private final Recipe recipe;
  private final SerializableConfiguration hadoop;

  /**
   * What decides a replica.
   *
   * @param dataset address of the dataset
   * @param datasetHash identity of its content
   * @param batch rows of a minibatch
   * @param seed of order, crops and masks
   * @param workers replicas that train at the same time
   */
  public record Recipe(
      String dataset,
      String datasetHash,
      ModelSpec spec,
      EngineSpec engine,
      int batch,
      Optimizer optimizer,
      Augmentation augmentation,
      LoaderSettings loader,
      long seed,
      int workers)
      implements Serializable {}

  /** Replicas of that recipe, which read through that configuration. */
  public NetworkReplicas(Recipe recipe, Configuration hadoop) {
    this.recipe = recipe;
    this.hadoop = new SerializableConfiguration(hadoop);
  }

  @Override
  public Replica create() {
    return NetworkReplica.open(this, open());
  }

  private Dataset open() {
    Dataset dataset = Dataset.open(hadoop.value(), recipe.dataset());
    if (!dataset.hash().equals(recipe.datasetHash())) {
      throw MimException.input(
          "The dataset "
              + recipe.dataset()
              + " has changed since the training began. Restore it; the same command then continues"
              + " from the last commit.");
    }
    return dataset;
  }

  /**
   * One minibatch as DL4J's rows, for any other training master. It opens the dataset anew on every
   * call; SparkMIM's own master takes replicas instead, which keep everything open.
   */
  @Override
  public MultiDataSet load(Source source) {
    MinibatchRef ref = MinibatchRef.parse(source.getPath());
    Dataset dataset = open();
    ModelSpec spec = recipe.spec();
    Minibatch batch = new Minibatch(MinibatchShape.of(spec, recipe.seed()), recipe.batch());
    try (MinibatchFiller filler =
        new MinibatchFiller(
            dataset,
            new MinibatchSource(dataset, batch.shape(), recipe.augmentation(), recipe.seed()),
            recipe.seed(),
            Map.of())) {
      filler.fill(batch, ref);
    }
    INDArray features = PackedBatch.allocate(recipe.batch(), PackedBatch.featureWidth(spec));
    INDArray labels = PackedBatch.allocate(recipe.batch(), PackedBatch.labelWidth(spec));
    PackedBatch.pack(
        spec,
        batch.patches(),
        batch.keepIds(),
        batch.restoreIds(),
        batch.targets(),
        batch.weights(),
        features,
        labels);
    return new org.nd4j.linalg.dataset.MultiDataSet(features, labels);
  }

  ModelSpec spec() {
    return recipe.spec();
  }

  /** What replicas are fed with. */
  BatchShape shape() {
    return MinibatchShape.of(recipe.spec(), recipe.seed(), recipe.engine());
  }

  /** The teacher of a method that has one, with its weights; else null. */
  TeacherGuide teacher() {
    if (recipe.spec().alignment() == null) {
      return null;
    }
    TeacherGuide teacher = new TeacherGuide(recipe.spec(), engine(), recipe.batch());
    teacher.load(hadoop.value());
    return teacher;
  }

  /** The engine, on the running task's device. */
  EngineSpec engine() {
    return TaskDevice.of(recipe.engine());
  }

  @Override
  public int claim() {
    return engine().device();
  }

  int batch() {
    return recipe.batch();
  }

  Optimizer optimizer() {
    return recipe.optimizer();
  }

  Augmentation augmentation() {
    return recipe.augmentation();
  }

  LoaderSettings loader() {
    return recipe.loader();
  }

  long seed() {
    return recipe.seed();
  }

  /** An embedded Spark's workers share one machine; elsewhere a task has its executor's cores. */
  int loaderThreads() {
    TaskContext task = TaskContext.get();
    boolean shared =
        task == null || SparkEnv.get().conf().get("spark.master", "").startsWith("local[");
    int cores =
        shared
            ? Math.max(1, Runtime.getRuntime().availableProcessors() / recipe.workers())
            : task.cpus();
    return recipe.loader().threadsOn(cores);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof NetworkReplicas that && recipe.equals(that.recipe);
  }

  @Override
  public int hashCode() {
    return Objects.hash(recipe);
  }
}
