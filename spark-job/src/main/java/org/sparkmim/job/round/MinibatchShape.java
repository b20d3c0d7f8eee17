package org.sparkmim.job.round;

import java.util.Arrays;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
import org.sparkmim.data.order.MaskStrategy;
import org.sparkmim.data.target.TargetKind;
import org.sparkmim.model.method.ModelSpec;

/** Where the model's sizes and the data's meet. */
public final class MinibatchShape {
  private MinibatchShape() {}

  /** What the pipeline must deliver for that model. */
  public static BatchShape of(ModelSpec spec) {
    return new BatchShape(
        spec.imageSize(),
        spec.patchSize(),
        spec.keep(),
        new MaskStrategy.RandomPatches(),
        spec.cellSizes().stream().mapToInt(Integer::intValue).toArray(),
        new TargetKind.HogCells(spec.hogBins()));
  }

  /**
   * Empties the rows from {@code count} on. They have the first row's mask and zeros, not
   * leftovers, so that a step is a pure function of its samples, and weigh nothing in any loss.
   */
  static void emptyFrom(Minibatch batch, int count) {
    BatchShape shape = batch.shape();
    for (int row = count; row < batch.size(); row++) {
      fill(batch.noise(), row, batch.noise().length / batch.size());
      fill(batch.patches(), row, shape.heldPatches() * shape.patchDim());
      // Of all masks, the first row's is sure to be one that the batch may have.
      batch.copyMask(0, row);
      for (int tap = 0; tap < shape.taps(); tap++) {
        fill(batch.targets()[tap], row, shape.cells(tap) * shape.targetDim(tap));
        fill(batch.weights()[tap], row, shape.cells(tap));
      }
    }
  }

  private static void fill(float[] values, int row, int width) {
    Arrays.fill(values, row * width, (row + 1) * width, 0);
  }
}
