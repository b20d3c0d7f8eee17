package org.sparkmim.job.round;

import java.util.Iterator;
import java.util.List;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.optim.Optimizer;

/** A compiled network with its buffers, loader threads and, for MaskAlign, teacher. */
final class NetworkReplica implements Replica {
  private final Network network;
  private final MinibatchFeed feed;
  private final TeacherGuide teacher;
  private final BranchDrops drops;
  private final Optimizer optimizer;
  private final MinibatchLoader loader;
  private Iterator<LocalStep> steps = List.<LocalStep>of().iterator();

  private NetworkReplica(
      Network network,
      MinibatchFeed feed,
      TeacherGuide teacher,
      BranchDrops drops,
      Optimizer optimizer,
      MinibatchLoader loader) {
    this.network = network;
    this.feed = feed;
    this.teacher = teacher;
    this.drops = drops;
    this.optimizer = optimizer;
    this.loader = loader;
  }

  static NetworkReplica open(NetworkReplicas recipe, Dataset dataset) {
    Network network = Network.create(recipe.spec(), recipe.engine(), recipe.batch());
    BranchDrops drops =
        recipe.spec().dropPath() == 0
            ? null
            : new BranchDrops(recipe.spec(), recipe.seed(), recipe.batch());
    return new NetworkReplica(
        network,
        feed(network, recipe),
        recipe.teacher(),
        drops,
        recipe.optimizer(),
        new MinibatchLoader(recipe, dataset));
  }

  /** Takes memory of the device; where there is none left, what the network took is given back. */
  private static MinibatchFeed feed(Network network, NetworkReplicas recipe) {
    try {
      return new MinibatchFeed(network, recipe.shape());
    } catch (RuntimeException | Error failure) {
      network.close();
      throw failure;
    }
  }

  @Override
  public ParameterVectors state() {
    return network.state();
  }

  @Override
  public boolean awaits(MinibatchRef minibatch) {
    return loader.awaits(minibatch);
  }

  @Override
  public void begin(List<LocalStep> share, List<MinibatchRef> next, RunObserver observer) {
    steps = List.copyOf(share).iterator();
    loader.begin(share.stream().map(LocalStep::minibatch).toList(), next, observer);
  }

  @Override
  public StepResult step() {
    LocalStep step = steps.next();
    long begin = System.nanoTime();
    Minibatch batch = loader.take();
    long loaded = System.nanoTime();
    if (teacher == null) {
      feed.feed(batch);
    } else {
      teacher.feed(network, batch, step.minibatch().count());
    }
    if (drops != null) {
      MinibatchRef ref = step.minibatch();
      network.scaleBranches(drops.draw(ref.epoch(), batch.sampleIds(), ref.count()));
    }
    loader.recycle(batch);
    double[] losses = network.forward().clone();
    network.backward();
    network.update(optimizer, step.rate(), step.step());
    return new StepResult(losses, loaded - begin, System.nanoTime() - loaded);
  }

  @Override
  public void close() {
    loader.close();
    try {
      if (teacher != null) {
        teacher.close();
      }
    } finally {
      network.close();
    }
  }
}
