package org.sparkmim.job.round;

import java.util.Arrays;
import org.sparkmim.data.batch.BatchShape;
import org.sparkmim.data.batch.Minibatch;
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
        spec.cellSizes().stream().mapToInt(Integer::intValue).toArray(),
        spec.target().bins());
  }

  /**
   * Empties the rows from {@code count} on. They hold valid but meaningless tokens, and weigh
   * nothing in any loss; zeros, not leftovers, so that a step is a pure function of its samples.
   */
  static void emptyFrom(Minibatch batch, int count) {
    BatchShape shape = batch.shape();
    for (int row = count; row < batch.size(); row++) {
      fill(batch.patches(), row, shape.keep() * shape.patchDim());
      for (int k = 0; k < shape.keep(); k++) {
        batch.keepIds()[row * shape.keep() + k] = k;
      }
      for (int token = 0; token < shape.tokens(); token++) {
        batch.restoreIds()[row * shape.tokens() + token] = token;
      }
      for (int tap = 0; tap < shape.taps(); tap++) {
        fill(batch.targets()[tap], row, shape.cells(tap) * shape.targetDim());
        fill(batch.weights()[tap], row, shape.cells(tap));
      }
    }
  }

  private static void fill(float[] values, int row, int width) {
    Arrays.fill(values, row * width, (row + 1) * width, 0);
  }
}
