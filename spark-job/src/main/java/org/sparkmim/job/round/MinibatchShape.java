package org.sparkmim.job.round;

import java.util.Arrays;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.order.MaskStrategy;
import org.sparkmim.data.target.TargetKind;
import org.sparkmim.model.Network;
import org.sparkmim.model.engine.EngineSpec;
import org.sparkmim.model.method.MaskSpec;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.SwinShape;
import org.sparkmim.model.method.TargetSpec;

/** Where the model's sizes and the data's meet. */
public final class MinibatchShape {
  private MinibatchShape() {}

  /**
   * What the pipeline must deliver for that model.
   *
   * @param seed of the run, from which frozen biases of HOG are drawn
   */
  public static BatchShape of(ModelSpec spec, long seed) {
    return of(spec, seed, false);
  }

  /** As {@link #of(ModelSpec, long)}; with an engine that makes targets, without these. */
  public static BatchShape of(ModelSpec spec, long seed, EngineSpec engine) {
    return of(spec, seed, Network.makesTargets(spec, engine));
  }

  private static BatchShape of(ModelSpec spec, long seed, boolean targetsLater) {
    return new BatchShape(
        spec.imageSize(),
        spec.patchSize(),
        spec.keep(),
        masking(spec),
        spec.cellSizes().stream().mapToInt(Integer::intValue).toArray(),
        target(spec, seed),
        targetsLater);
  }

  private static MaskStrategy masking(ModelSpec spec) {
    MaskSpec masking = spec.masking();
    // A Swin keeps its windows in step over the batch.
    boolean shared = spec.encoder() instanceof SwinShape;
    return switch (masking.strategy()) {
      case RANDOM -> new MaskStrategy.RandomPatches();
      case UNITS -> new MaskStrategy.RandomUnits(masking.unit(), shared);
      case BLOCK -> MaskStrategy.Blockwise.beit();
      case ATTENTION -> new MaskStrategy.Attentive();
    };
  }

  /** What the pipeline computes of an image for that model. */
  public static TargetKind target(ModelSpec spec, long seed) {
    TargetSpec target = spec.target();
    return switch (target.kind()) {
      case HOG ->
          target.bias()
              ? TargetKind.HogCells.biased(target.bins(), spec.outputs().size(), seed)
              : new TargetKind.HogCells(target.bins());
      case PIXELS -> new TargetKind.Pixels(target.normalise());
      case LOW_FREQUENCY -> new TargetKind.LowFrequencyPixels(target.radius(), target.normalise());
      case TEACHER -> new TargetKind.None();
    };
  }

  /**
   * Empties the rows from {@code count} on. They have the first row's mask and zeros, not
   * leftovers, so that a step is a pure function of its samples, and weigh nothing in any loss.
   */
  static void emptyFrom(Minibatch batch, int count) {
    BatchShape shape = batch.shape();
    int cropBytes = batch.crops().length / batch.size();
    for (int row = count; row < batch.size(); row++) {
      fill(batch.noise(), row, batch.noise().length / batch.size());
      fill(batch.patches(), row, shape.heldPatches() * shape.patchDim());
      // Of all masks, the first row's is sure to be one that the batch may have.
      batch.copyMask(0, row);
      Arrays.fill(batch.crops(), row * cropBytes, (row + 1) * cropBytes, (byte) 0);
      for (int tap = 0; tap < shape.taps(); tap++) {
        fill(batch.targets()[tap], row, batch.targets()[tap].length / batch.size());
        fill(batch.weights()[tap], row, shape.cells(tap));
      }
    }
  }

  private static void fill(float[] values, int row, int width) {
    Arrays.fill(values, row * width, (row + 1) * width, 0);
  }
}
