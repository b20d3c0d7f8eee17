package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FiniteTest {
  private static final int FLOATS = 10_001;

  @Test
  void allFiniteNumbersPass() {
    float[] values = new float[FLOATS];
    Arrays.fill(values, Float.MAX_VALUE);
    values[2] = -Float.MAX_VALUE;
    values[0] = -0f;
    values[1] = Float.MIN_VALUE;
    assertThat(Finite.all(bytes(values))).isTrue();
    assertThat(Finite.all(new byte[0])).isTrue();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void oneThatIsNotIsFoundWhereverItIs(float bad) {
    long seed = System.nanoTime();
    int somewhere = new Random(seed).nextInt(FLOATS);
    for (int at : new int[] {0, somewhere, FLOATS - 1}) {
      float[] values = new float[FLOATS];
      values[at] = bad;
      assertThat(Finite.all(bytes(values))).as("at %d, seed %d", at, seed).isFalse();
      ByteBuffer direct = ByteBuffer.allocateDirect(FLOATS * Float.BYTES).put(bytes(values)).flip();
      assertThat(Finite.all(direct)).as("direct, at %d, seed %d", at, seed).isFalse();
    }
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}
