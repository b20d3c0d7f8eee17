package org.sparkmim.job.round;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.batch.MinibatchSource;
import org.sparkmim.data.batch.Prefetcher;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.MimException;
import org.sparkmim.job.RunObserver;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.ParameterVectors;
import org.sparkmim.model.optim.Optimizer;

/** A compiled network with its buffers, loader threads and, for MaskAlign, teacher. */
final class NetworkReplica implements Replica {
  private final Network network;
  private final TeacherGuide teacher;
  private final Optimizer optimizer;
  private final Prefetcher<Minibatch> prefetcher;
  private final Map<Long, MinibatchFiller.Announced> announced;
  private Iterator<LocalStep> steps = List.<LocalStep>of().iterator();
  private long nextTicket;

  private NetworkReplica(
      Network network,
      TeacherGuide teacher,
      Optimizer optimizer,
      Prefetcher<Minibatch> prefetcher,
      Map<Long, MinibatchFiller.Announced> announced) {
    this.network = network;
    this.teacher = teacher;
    this.optimizer = optimizer;
    this.prefetcher = prefetcher;
    this.announced = announced;
  }

  static NetworkReplica open(NetworkReplicas recipe, Dataset dataset) {
    Network network = Network.create(recipe.spec(), recipe.engine(), recipe.batch());
    TeacherGuide teacher = recipe.teacher();
    BatchShape shape = MinibatchShape.of(recipe.spec(), recipe.seed());
    Map<Long, MinibatchFiller.Announced> announced = new ConcurrentHashMap<>();
    List<Minibatch> slots = new ArrayList<>();
    for (int slot = 0; slot < recipe.loader().queue(); slot++) {
      slots.add(new Minibatch(shape, recipe.batch()));
    }
    Prefetcher<Minibatch> prefetcher =
        new Prefetcher<>(
            "mim-loader",
            slots,
            Math.min(slots.size(), recipe.loaderThreads()),
            () ->
                new MinibatchFiller(
                    dataset,
                    new MinibatchSource(dataset, shape, recipe.augmentation(), recipe.seed()),
                    recipe.seed(),
                    announced));
    return new NetworkReplica(network, teacher, recipe.optimizer(), prefetcher, announced);
  }

  @Override
  public ParameterVectors state() {
    return network.state();
  }

  @Override
  public void begin(List<LocalStep> share, RunObserver observer) {
    if (steps.hasNext()) {
      throw new IllegalStateException("A replica got a new share before it finished the last one");
    }
    steps = List.copyOf(share).iterator();
    for (LocalStep step : share) {
      announced.put(nextTicket, new MinibatchFiller.Announced(step.minibatch(), observer));
      prefetcher.submit(nextTicket++);
    }
  }

  @Override
  public StepResult step() {
    LocalStep step = steps.next();
    long begin = System.nanoTime();
    Minibatch batch = take();
    long loaded = System.nanoTime();
    if (teacher == null) {
      network.feed(
          batch.patches(), batch.keepIds(), batch.restoreIds(), batch.targets(), batch.weights());
    } else {
      teacher.feed(network, batch, step.minibatch().count());
    }
    prefetcher.recycle(batch);
    double[] losses = network.forward().clone();
    requireFinite(losses, step);
    network.backward();
    network.update(optimizer, step.rate(), step.step());
    return new StepResult(losses, loaded - begin, System.nanoTime() - loaded);
  }

  private static void requireFinite(double[] losses, LocalStep step) {
    for (int head = 0; head < losses.length; head++) {
      if (!Double.isFinite(losses[head])) {
        throw MimException.failed(
            String.format(
                "The loss of head %d is %s at step %d (learning rate %s): training diverged. Nothing"
                    + " of this round is kept; start a new run with a lower train.base-lr or a"
                    + " longer train.warmup-epochs.",
                head, losses[head], step.step(), step.rate()));
      }
    }
  }

  private Minibatch take() {
    try {
      return prefetcher.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The task was stopped while it waited for a minibatch", e);
    }
  }

  @Override
  public void close() {
    prefetcher.close();
    if (teacher != null) {
      teacher.close();
    }
    network.close();
  }
}
