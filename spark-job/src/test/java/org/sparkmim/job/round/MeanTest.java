package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MeanTest {
  /** More than one piece, and a rest. */
  private static final int FLOATS = 10_001;

  @Test
  void theMeanOfOneSliceIsThatSliceBitForBit() {
    float[] values = values(1);
    values[3] = -0f;
    values[4] = Float.MIN_VALUE;
    byte[] slice = bytes(values);
    assertThat(new Mean(new double[] {3}).of(List.of(ByteBuffer.wrap(slice)))).isEqualTo(slice);
  }

  @Test
  void slicesCountByTheirWeightsInTheirOrder() {
    float[][] slices = {values(1), values(2), values(3)};
    double[] weights = {5, 6, 7};
    byte[] mean =
        new Mean(weights).of(List.of(buffer(slices[0]), direct(slices[1]), buffer(slices[2])));
    float[] expected = new float[FLOATS];
    for (int i = 0; i < FLOATS; i++) {
      double sum = weights[0] * slices[0][i];
      sum += weights[1] * slices[1][i];
      sum += weights[2] * slices[2][i];
      expected[i] = (float) (sum / 18);
    }
    assertThat(mean).isEqualTo(bytes(expected));
  }

  private static float[] values(long seed) {
    Random random = new Random(seed);
    float[] values = new float[FLOATS];
    for (int i = 0; i < FLOATS; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static ByteBuffer buffer(float[] values) {
    return ByteBuffer.wrap(bytes(values));
  }

  private static ByteBuffer direct(float[] values) {
    return ByteBuffer.allocateDirect(values.length * Float.BYTES).put(bytes(values)).flip();
  }
}
