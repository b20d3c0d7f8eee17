package org.sparkmim.job.round;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.batch.MinibatchSource;
import org.sparkmim.data.batch.Prefetcher;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.job.RunObserver;

/**
 * Loads a worker's minibatches ahead of its steps, over the border of a round too: while states are
 * averaged, the next share's first minibatches are made. What was made in vain is dropped.
 *
 * <p>For one thread at a time.
 */
final class MinibatchLoader implements AutoCloseable {
  private final NetworkReplicas recipe;
  private final Dataset dataset;
  private final BatchShape shape;
  private final int threads;
  private final List<Minibatch> slots = new ArrayList<>();
  private final Deque<MinibatchRef> ahead = new ArrayDeque<>();
  private Prefetcher<Minibatch> prefetcher;
  private Map<Long, MinibatchFiller.Announced> announced;
  private long nextTicket;

  MinibatchLoader(NetworkReplicas recipe, Dataset dataset) {
    this.recipe = recipe;
    this.dataset = dataset;
    shape = recipe.shape();
    for (int slot = 0; slot < recipe.loader().queue(); slot++) {
      slots.add(new Minibatch(shape, recipe.batch()));
    }
    threads = Math.min(slots.size(), recipe.loaderThreads());
    start();
  }

  private void start() {
    Map<Long, MinibatchFiller.Announced> asked = new ConcurrentHashMap<>();
    announced = asked;
    prefetcher =
        new Prefetcher<>(
            "mim-loader",
            slots,
            threads,
            () ->
                new MinibatchFiller(
                    dataset,
                    new MinibatchSource(dataset, shape, recipe.augmentation(), recipe.seed()),
                    recipe.seed(),
                    asked));
  }

  /** Whether that minibatch is the next that {@link #take} would give. */
  boolean awaits(MinibatchRef minibatch) {
    return minibatch.equals(ahead.peek());
  }

  /**
   * Announces what will be taken.
   *
   * @param share in this order
   * @param next what is likely to be announced after that
   */
  void begin(List<MinibatchRef> share, List<MinibatchRef> next, RunObserver observer) {
    List<MinibatchRef> wanted = new ArrayList<>(share);
    // More than there are slots for would not be loaded before it is announced.
    wanted.addAll(next.subList(0, Math.min(slots.size(), next.size())));
    if (!startsWith(wanted, ahead)) {
      close();
      ahead.clear();
      start();
    }
    for (MinibatchRef ref : wanted.subList(ahead.size(), wanted.size())) {
      ahead.add(ref);
      announced.put(nextTicket, new MinibatchFiller.Announced(ref, observer));
      prefetcher.submit(nextTicket++);
    }
  }

  private static boolean startsWith(List<MinibatchRef> all, Deque<MinibatchRef> first) {
    return first.size() <= all.size() && all.subList(0, first.size()).equals(List.copyOf(first));
  }

  /** The next announced minibatch; waits for it. */
  Minibatch take() {
    try {
      Minibatch batch = prefetcher.take();
      ahead.remove();
      return batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The task was stopped while it waited for a minibatch", e);
    }
  }

  /** Gives a minibatch back for refilling. */
  void recycle(Minibatch batch) {
    prefetcher.recycle(batch);
  }

  @Override
  public void close() {
    prefetcher.close();
  }
}
