package org.sparkmim.job.round;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.deeplearning4j.core.loader.MultiDataSetLoader;
import org.nd4j.common.loader.Source;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.order.Masking;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;
import org.sparkmim.model.optim.Optimizer;

/** Real networks on samples of noise, so that no dataset is needed. */
record NoiseReplicas(ModelSpec spec, EngineSpec engine, int batch, Optimizer optimizer)
    implements ReplicaFactory, MultiDataSetLoader {

  /** Two taps of a four-block encoder on four patches. */
  static ModelSpec tinySpec() {
    return ModelSpec.localMim(
        16,
        new VitShape(8, 8, 4, 2, 2),
        List.of(1, 3),
        List.of(1.0, 0.5),
        new ModelSpec.Decoder(8, 1, 2),
        0.5,
        9);
  }

  @Override
  public Replica create() {
    return new OnNoise(this, Network.create(spec, engine, batch));
  }

  @Override
  public MultiDataSet load(Source source) {
    throw new UnsupportedOperationException("tests take replicas");
  }

  /** The step that a replica takes on any network of its shape. */
  double[] step(Network network, LocalStep step) {
    Minibatch noise = new Minibatch(MinibatchShape.of(spec, 0), batch);
    MinibatchRef ref = step.minibatch();
    for (int row = 0; row < ref.count(); row++) {
      fill(noise, row, new Random(1_000_003L * ref.epoch() + ref.first() + row));
    }
    MinibatchShape.emptyFrom(noise, ref.count());
    network.feed(
        noise.patches(), noise.keepIds(), noise.restoreIds(), noise.targets(), noise.weights());
    double[] losses = network.forward().clone();
    network.backward();
    network.update(optimizer, step.rate(), step.step());
    return losses;
  }

  private void fill(Minibatch batch, int row, Random random) {
    fill(batch.patches(), row, random);
    float[] ranks = new float[spec.tokens()];
    for (int t = 0; t < ranks.length; t++) {
      ranks[t] = random.nextFloat();
    }
    Masking.Mask mask = Masking.rank(ranks, spec.keep());
    System.arraycopy(mask.keepIds(), 0, batch.keepIds(), row * spec.keep(), spec.keep());
    System.arraycopy(mask.restoreIds(), 0, batch.restoreIds(), row * spec.tokens(), spec.tokens());
    for (int tap = 0; tap < batch.targets().length; tap++) {
      fill(batch.targets()[tap], row, random);
      int cells = spec.cellGrid(tap) * spec.cellGrid(tap);
      Masking.cellWeightsInto(
          batch.restoreIds(),
          row * spec.tokens(),
          spec.keep(),
          spec.grid(),
          spec.cellGrid(tap),
          batch.weights()[tap],
          row * cells);
    }
  }

  private void fill(float[] values, int row, Random random) {
    int width = values.length / batch;
    for (int i = row * width; i < (row + 1) * width; i++) {
      values[i] = random.nextFloat();
    }
  }

  /** A network that makes its own noise. */
  private static final class OnNoise implements Replica {
    private final NoiseReplicas recipe;
    private final Network network;
    private final Deque<LocalStep> steps = new ArrayDeque<>();

    OnNoise(NoiseReplicas recipe, Network network) {
      this.recipe = recipe;
      this.network = network;
    }

    @Override
    public ParameterVectors state() {
      return network.state();
    }

    @Override
    public void begin(List<LocalStep> share, List<MinibatchRef> next, RunObserver observer) {
      steps.clear();
      steps.addAll(share);
    }

    @Override
    public StepResult step() {
      return new StepResult(recipe.step(network, steps.remove()), 1, 1);
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
