package org.sparkmim.job.round;

import java.util.Map;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.batch.MinibatchSource;
import org.sparkmim.data.batch.Prefetcher;
import org.sparkmim.data.dataset.Dataset;
import org.sparkmim.data.order.SampleOrder;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;

/**
 * Fills minibatches from a dataset, on one loader thread.
 *
 * @param seed of the sample order
 * @param announced what each ticket stands for
 */
record MinibatchFiller(
    Dataset dataset, MinibatchSource source, long seed, Map<Long, Announced> announced)
    implements Prefetcher.Filler<Minibatch> {

  /** A minibatch that was asked for. */
  record Announced(MinibatchRef ref, RunObserver observer) {}

  @Override
  public void fill(Minibatch out, long ticket) {
    Announced asked = announced.remove(ticket);
    MinibatchRef ref = asked.ref();
    asked.observer().before(Phase.SHARD_OPEN, dataset.uri());
    asked.observer().before(Phase.DECODE, ref.toPath());
    fill(out, ref);
  }

  /** Fills the first rows with the samples of {@code ref} and empties the rest. */
  void fill(Minibatch out, MinibatchRef ref) {
    if (ref.count() > out.size()) {
      throw new IllegalArgumentException(
          ref.toPath() + " does not fit into " + out.size() + " rows");
    }
    SampleOrder order = new SampleOrder(seed, ref.epoch(), dataset.size());
    for (int row = 0; row < ref.count(); row++) {
      source.fillSample(out, row, ref.epoch(), order.at(ref.first() + row));
    }
    MinibatchShape.emptyFrom(out, ref.count());
  }

  @Override
  public void close() {
    source.close();
  }
}
