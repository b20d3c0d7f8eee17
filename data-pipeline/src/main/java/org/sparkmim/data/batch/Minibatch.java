package org.sparkmim.data.batch;

/**
 * The arrays of one pre-training batch of B samples; allocated once and refilled. All row-major.
 */
public final class Minibatch {
  private final BatchShape shape;
  private final int size;
  private final float[] patches;
  private final float[] noise;
  private final int[] keepIds;
  private final int[] restoreIds;
  private final byte[] crops;
  private final float[][] targets;
  private final float[][] weights;
  private final long[] sampleIds;
  private final int[] labels;

  /**
   * @param size samples, B
   * @throws IllegalArgumentException when an array would not fit into Java's limit
   */
  public Minibatch(BatchShape shape, int size) {
    this.shape = shape;
    this.size = size;
    this.patches = new float[length(size, shape.heldPatches(), shape.patchDim())];
    this.noise = new float[shape.maskedLater() ? length(size, shape.tokens()) : 0];
    this.keepIds = new int[length(size, shape.keep())];
    this.restoreIds = new int[length(size, shape.tokens())];
    this.crops = new byte[shape.targetsLater() ? length(size, shape.cropBytes()) : 0];
    this.targets = new float[shape.taps()][];
    this.weights = new float[shape.taps()][];
    for (int k = 0; k < shape.taps(); k++) {
      targets[k] =
          new float[shape.targetsLater() ? 0 : length(size, shape.cells(k), shape.targetDim(k))];
      weights[k] = new float[length(size, shape.cells(k))];
    }
    this.sampleIds = new long[size];
    this.labels = new int[size];
  }

  private static int length(long... factors) {
    long product = 1;
    for (long factor : factors) {
      product = Math.multiplyExact(product, factor);
    }
    if (product < 1 || product > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "A batch array of " + product + " numbers does not fit; lower the batch size");
    }
    return (int) product;
  }

  public BatchShape shape() {
    return shape;
  }

  /** Samples, B. */
  public int size() {
    return size;
  }

  /**
   * [B, K, 3*P*P] visible patches in rank order, or [B, L, 3*P*P] all of them in raster order, as
   * {@link BatchShape#holdsAllPatches} says; each flattened (channel, row, column) as the patch
   * convolution's weights are; mean/std normalised.
   */
  public float[] patches() {
    return patches;
  }

  /**
   * [B, L] uniform numbers in [0,1) for a mask that is made later; empty unless {@link
   * BatchShape#maskedLater}.
   */
  public float[] noise() {
    return noise;
  }

  /** [B, K] token of each visible patch; left alone where the mask is made later. */
  public int[] keepIds() {
    return keepIds;
  }

  /** [B, L] rank of each token; below K means visible. Left alone where the mask is made later. */
  public int[] restoreIds() {
    return restoreIds;
  }

  /** [B, 3, S, S] 8-bit crops, unsigned; empty unless {@link BatchShape#targetsLater}. */
  public byte[] crops() {
    return crops;
  }

  /** Per tap k: [B, cells_k, dim_k]; empty where {@link BatchShape#targetsLater}. */
  public float[][] targets() {
    return targets;
  }

  /**
   * Per tap k: [B, cells_k], the loss weight of each cell. Left alone where the mask is made later.
   */
  public float[][] weights() {
    return weights;
  }

  /** Gives row {@code to} the mask and the weights of row {@code from}. */
  public void copyMask(int from, int to) {
    copyRow(keepIds, from, to);
    copyRow(restoreIds, from, to);
    for (float[] tap : weights) {
      int length = tap.length / size;
      System.arraycopy(tap, from * length, tap, to * length, length);
    }
  }

  private void copyRow(int[] rows, int from, int to) {
    int length = rows.length / size;
    System.arraycopy(rows, from * length, rows, to * length, length);
  }

  /** [B]. */
  public long[] sampleIds() {
    return sampleIds;
  }

  /** [B], -1 where the data set has no labels. */
  public int[] labels() {
    return labels;
  }
}
