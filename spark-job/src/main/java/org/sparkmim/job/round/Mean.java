package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The weighted mean of little-endian float32 slices. Sums are kept in double, where the mean of one
 * slice is that slice, bit for bit.
 */
final class Mean {
  /** Floats summed at a time: what is touched stays in the core's cache. */
  private static final int PIECE = 1 << 12;

  private final double[] weights;
  private final double total;
  private final float[] values = new float[PIECE];
  private final double[] sums = new double[PIECE];

  /** Means of slices that weigh {@code weights}, in that order. */
  Mean(double[] weights) {
    this.weights = weights.clone();
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    total = sum;
  }

  /** The mean of {@code slices}, one for each weight, as little-endian bytes. */
  byte[] of(List<ByteBuffer> slices) {
    FloatBuffer[] inputs = slices.stream().map(Mean::floats).toArray(FloatBuffer[]::new);
    byte[] bytes = new byte[slices.get(0).remaining()];
    FloatBuffer mean = floats(ByteBuffer.wrap(bytes));
    while (mean.hasRemaining()) {
      int count = Math.min(PIECE, mean.remaining());
      for (int slice = 0; slice < inputs.length; slice++) {
        inputs[slice].get(values, 0, count);
        add(weights[slice], slice == 0, count);
      }
      for (int i = 0; i < count; i++) {
        values[i] = (float) (sums[i] / total);
      }
      mean.put(values, 0, count);
    }
    return bytes;
  }

  private void add(double weight, boolean first, int count) {
    if (first) {
      // Starting from the first slice, not from 0, keeps the sign of its zeros.
      for (int i = 0; i < count; i++) {
        sums[i] = weight * values[i];
      }
    } else {
      for (int i = 0; i < count; i++) {
        sums[i] += weight * values[i];
      }
    }
  }

  private static FloatBuffer floats(ByteBuffer slice) {
    return slice.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }
}
