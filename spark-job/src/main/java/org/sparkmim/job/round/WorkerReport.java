package org.sparkmim.job.round;

import java.nio.ByteBuffer;

/**
 * What a worker tells about its share of a round.
 *
 * @param samples samples trained on
 * @param lossSums per tap, the sum over samples of their minibatch's mean loss
 * @param nanos from the start of the task to its last step
 * @param dataNanos waited for samples
 * @param computeNanos spent in the engine
 */
record WorkerReport(
    long samples, double[] lossSums, long nanos, long dataNanos, long computeNanos) {

  /** Mean loss over taps' sum. */
  double loss() {
    double sum = 0;
    for (double tap : lossSums) {
      sum += tap;
    }
    return sum / samples;
  }

  byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * (5 + lossSums.length));
    bytes.putLong(samples).putLong(nanos).putLong(dataNanos).putLong(computeNanos);
    bytes.putLong(lossSums.length);
    for (double sum : lossSums) {
      bytes.putDouble(sum);
    }
    return bytes.array();
  }

  static WorkerReport fromBytes(byte[] from) {
    ByteBuffer bytes = ByteBuffer.wrap(from);
    long samples = bytes.getLong();
    long nanos = bytes.getLong();
    long dataNanos = bytes.getLong();
    long computeNanos = bytes.getLong();
    double[] lossSums = new double[(int) bytes.getLong()];
    for (int tap = 0; tap < lossSums.length; tap++) {
      lossSums[tap] = bytes.getDouble();
    }
    return new WorkerReport(samples, lossSums, nanos, dataNanos, computeNanos);
  }
}
