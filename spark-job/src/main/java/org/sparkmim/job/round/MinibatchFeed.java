package org.sparkmim.job.round;

import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.target.TargetKind;
import org.sparkmim.model.Network;

/** Feeds a network with minibatches: with their targets, or with images of which it makes them. */
public final class MinibatchFeed {
  private final Network network;

  /** Prepares a network for minibatches of that shape. */
  public MinibatchFeed(Network network, BatchShape shape) {
    this.network = network;
    if (shape.targetsLater()) {
      network.makeTargets(((TargetKind.HogCells) shape.target()).directions(shape.taps()));
    }
  }

  /** Copies a minibatch in. */
  public void feed(Minibatch batch) {
    float[] patches = batch.patches();
    int[] keepIds = batch.keepIds();
    int[] restoreIds = batch.restoreIds();
    if (batch.shape().targetsLater()) {
      network.feed(patches, keepIds, restoreIds, batch.crops(), batch.weights());
    } else {
      network.feed(patches, keepIds, restoreIds, batch.targets(), batch.weights());
    }
  }
}
