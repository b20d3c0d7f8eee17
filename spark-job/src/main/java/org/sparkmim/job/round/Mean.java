package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The weighted mean of workers' slices. Sums are kept in double, where the mean of one slice is
 * that slice, bit for bit.
 */
final class Mean {
  /** Of so many pieces one tells how far workers are apart: enough of millions of numbers. */
  private static final int LOOKED_AT = 8;

  private final double[] weights;
  private final double total;
  private final Coder coder = new Coder();
  private final float[][] values;
  private final float[] rounded = new float[Coder.PIECE];
  private final double[] means = new double[Coder.PIECE];
  private final double[] apart;
  private double norm;
  private int pieces;

  /** Means of slices that weigh {@code weights}, in that order. */
  Mean(double[] weights) {
    this.weights = weights.clone();
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    total = sum;
    values = new float[weights.length][Coder.PIECE];
    apart = new double[weights.length];
  }

  /** The mean of {@code slices}, one for each weight, as little-endian float32. */
  byte[] of(List<ByteBuffer> slices) {
    return of(slices, Exchange.F32, slices.get(0).remaining() / Float.BYTES, false);
  }

  /**
   * The mean of {@code slices} of so many floats, one for each weight, written as they are.
   *
   * @param looks whether workers are compared: they offered their parameters
   */
  byte[] of(List<ByteBuffer> slices, Exchange as, int floats, boolean looks) {
    List<ByteBuffer> inputs = slices.stream().map(ByteBuffer::duplicate).toList();
    byte[] bytes = new byte[as.bytes(floats)];
    ByteBuffer out = ByteBuffer.wrap(bytes);
    for (int done = 0; done < floats; done += Coder.PIECE) {
      int count = Math.min(Coder.PIECE, floats - done);
      next(inputs, as, count);
      for (int i = 0; i < count; i++) {
        rounded[i] = (float) means[i];
      }
      if (looks) {
        look(rounded, count);
      }
      coder.write(as, rounded, count, out);
    }
    return bytes;
  }

  /**
   * The means of the next numbers of each worker.
   *
   * @param inputs moved on
   * @param count at most {@link Coder#PIECE}
   * @return valid until the next call
   */
  double[] next(List<ByteBuffer> inputs, Exchange as, int count) {
    for (int worker = 0; worker < weights.length; worker++) {
      coder.read(as, inputs.get(worker), values[worker], count);
      add(weights[worker], values[worker], worker == 0, count);
    }
    for (int i = 0; i < count; i++) {
      means[i] /= total;
    }
    return means;
  }

  /**
   * Looks how far the workers are from the means that {@link #next} gave last.
   *
   * @param parameters that the workers' mean is, or leads to
   */
  void look(float[] parameters, int count) {
    if (pieces++ % LOOKED_AT != 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      norm += (double) parameters[i] * parameters[i];
    }
    for (int worker = 0; worker < weights.length; worker++) {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        double difference = values[worker][i] - means[i];
        sum += difference * difference;
      }
      apart[worker] += sum;
    }
  }

  /** What {@link #look} has seen. */
  Apart apart() {
    return new Apart(apart, norm);
  }

  private void add(double weight, float[] of, boolean first, int count) {
    if (first) {
      // Starting from the first slice, not from 0, keeps the sign of its zeros.
      for (int i = 0; i < count; i++) {
        means[i] = weight * of[i];
      }
    } else {
      for (int i = 0; i < count; i++) {
        means[i] += weight * of[i];
      }
    }
  }
}
