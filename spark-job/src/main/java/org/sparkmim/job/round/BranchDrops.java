package org.sparkmim.job.round;

import java.util.Arrays;
import org.sparkmim.data.order.SampleRandom;
import org.sparkmim.data.order.SampleRandom.Purpose;
import org.sparkmim.model.method.ModelSpec;
import org.sparkmim.model.method.VitShape;

/**
 * Which images go without which residual branches (stochastic depth): a pure function of seed,
 * epoch and sample, so that it is the same wherever a sample is trained. What stays is scaled up,
 * so that the expectation is the whole branch (timm's form).
 */
final class BranchDrops {
  private static final int BRANCHES = 2;

  private final ModelSpec spec;
  private final long seed;
  private final int batch;
  private final int rows;
  private final float[] scale;

  /** For minibatches of {@code batch} rows of a ViT. */
  BranchDrops(ModelSpec spec, long seed, int batch) {
    this.spec = spec;
    this.seed = seed;
    this.batch = batch;
    rows = BRANCHES * ((VitShape) spec.encoder()).depth();
    scale = new float[rows * batch];
  }

  /**
   * Draws anew.
   *
   * @param sampleIds {@code [B]}
   * @param count samples that there are; rows after them go without nothing
   * @return {@code [2 * depth, B]}; the next draw overwrites it
   */
  float[] draw(long epoch, long[] sampleIds, int count) {
    Arrays.fill(scale, 1);
    for (int b = 0; b < count; b++) {
      SampleRandom random = new SampleRandom(seed, epoch, sampleIds[b], Purpose.DROP_PATH);
      for (int row = 0; row < rows; row++) {
        double drop = spec.dropPath(row / BRANCHES);
        scale[row * batch + b] = random.nextDouble() < drop ? 0 : (float) (1 / (1 - drop));
      }
    }
    return scale;
  }
}
