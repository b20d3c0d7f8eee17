package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CoderTest {
  @Test
  void bf16RoundsToTheNearestAndTiesToEven() {
    assertThat(through(Exchange.BF16, 1f, -0f, 0x1.01p0f, 0x1.03p0f, 0x1.010002p0f))
        .containsExactly(1f, -0f, 1f, 0x1.04p0f, 0x1.02p0f);
    assertThat(through(Exchange.BF16, Float.MAX_VALUE, -Float.MAX_VALUE))
        .as("does not round to infinity")
        .containsExactly(0x1.fep127f, -0x1.fep127f);
  }

  @Test
  void int8RoundsToTheNearestOf255StepsOfItsBlockAndTiesToEven() {
    assertThat(through(Exchange.INT8, 127f, 0.5f, 1.5f, -2.5f, -126.6f, 0f))
        .containsExactly(127f, 0f, 2f, -2f, -127f, 0f);
  }

  @Test
  void int8HasAScaleForEvery256Numbers() {
    float[] values = new float[2 * Coder.BLOCK + 3];
    values[0] = 1e6f;
    values[Coder.BLOCK] = 1e-6f;
    values[2 * Coder.BLOCK + 2] = -3f;
    float[] read = through(Exchange.INT8, values);
    assertThat(read[0]).isEqualTo(1e6f, within(1f));
    assertThat(read[Coder.BLOCK]).isEqualTo(1e-6f, within(1e-12f));
    assertThat(read[2 * Coder.BLOCK + 2]).isEqualTo(-3f);
    assertThat(Exchange.INT8.bytes(values.length)).isEqualTo(values.length + 3 * Float.BYTES);
  }

  @Test
  void int8LeavesNumbersThatHaveNoInverseToTheResidual() {
    assertThat(through(Exchange.INT8, Float.MIN_VALUE, -1e-40f)).containsExactly(0f, 0f);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsReadIsNearWhatWasWrittenAndRoundsToItself(Exchange as) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    float[] values = new float[Coder.PIECE + 1000];
    float largest = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
      largest = Math.max(largest, Math.abs(values[i]));
    }
    float[] read = through(as, values);
    for (int i = 0; i < values.length; i++) {
      double error =
          switch (as) {
            case F32 -> 0;
            case BF16 -> Math.abs(values[i]) / 256;
            case INT8 -> largest / 254 * 1.001;
          };
      assertThat(Math.abs((double) read[i] - values[i]))
          .as("%d, seed %d", i, seed)
          .isLessThanOrEqualTo(error);
    }
    assertThat(through(as, read)).as("seed %d", seed).isEqualTo(read);
  }

  private static float[] through(Exchange as, float... values) {
    Coder coder = new Coder();
    byte[] bytes = new byte[as.bytes(values.length)];
    float[] read = new float[values.length];
    ByteBuffer out = ByteBuffer.wrap(bytes);
    for (int done = 0; done < values.length; done += Coder.PIECE) {
      int count = Math.min(Coder.PIECE, values.length - done);
      float[] piece = Arrays.copyOfRange(values, done, done + count);
      coder.write(as, piece, count, out);
    }
    assertThat(out.hasRemaining()).isFalse();
    coder.readAll(as, ByteBuffer.wrap(bytes), read, read.length);
    return read;
  }
}
