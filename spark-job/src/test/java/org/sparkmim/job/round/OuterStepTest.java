package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class OuterStepTest {
  private static final Outer DILOCO = new Outer(Outer.Kind.NESTEROV, 0.7, 0.9);

  @Test
  void nesterovIsWhatDiLoCoSays() {
    AveragingRule rule = new AveragingRule(DILOCO, Exchange.F32);
    OuterStep.Slices first = step(rule, List.of(slice(2f), slice(4f)), slice(5f), slice(0f));
    // g = 5 - 3 = 2; v = 2; 5 - 0.7 (2 + 0.9 * 2).
    assertThat(floats(first.momentum())).containsExactly(2f);
    assertThat(floats(first.parameters())[0]).isEqualTo(2.34f, within(1e-6f));
    OuterStep.Slices second = step(rule, List.of(slice(2f), slice(2f)), slice(2.34f), slice(2f));
    // g = 0.34; v = 1.8 + 0.34; 2.34 - 0.7 (0.34 + 0.9 * 2.14).
    assertThat(floats(second.momentum())[0]).isEqualTo(2.14f, within(1e-6f));
    assertThat(floats(second.parameters())[0]).isEqualTo(0.7538f, within(1e-6f));
  }

  @Test
  void aRateOfOneWithoutMomentumIsPlainAveraging() {
    AveragingRule rule = new AveragingRule(new Outer(Outer.Kind.NESTEROV, 1, 0), Exchange.F32);
    float[] before = noise(1, 1);
    List<ByteBuffer> workers = List.of(slice(noise(2, 1)), slice(noise(3, 1)));
    byte[] mean = new Mean(new double[] {3, 4}).of(workers);
    assertThat(step(rule, workers, slice(before), slice(new float[before.length])).parameters())
        .isEqualTo(mean);
  }

  @Test
  void whatWorkersAddIsWhatAveragersHaveBitForBit() {
    for (Exchange exchange : List.of(Exchange.BF16, Exchange.INT8)) {
      AveragingRule rule = new AveragingRule(DILOCO, exchange);
      float[] before = noise(1, 1);
      Coder coder = new Coder();
      byte[] offered = coder.writeAll(exchange, bytes(noise(2, 1e-3)));
      OuterStep.Slices next =
          step(
              rule,
              List.of(ByteBuffer.wrap(offered), ByteBuffer.wrap(offered)),
              slice(before),
              slice(noise(4, 1e-3)),
              slice(noise(5, 1e-6)));
      KnownParameters known = new KnownParameters();
      known.beginChange(before.length);
      known.set(0, slice(before));
      known.add(0, exchange, ByteBuffer.wrap(next.change()));
      assertThat(known.slice(0)).as("%s", exchange).isEqualTo(floats(next.parameters()));
    }
  }

  @Test
  void whatIsTooSmallForAStepAddsUpInTheResidual() {
    AveragingRule rule = new AveragingRule(Outer.average(), Exchange.INT8);
    // The mean of two workers has more digits than a step: 0.5 and 1 of 127.
    Coder coder = new Coder();
    ByteBuffer one = ByteBuffer.wrap(coder.writeAll(Exchange.INT8, bytes(127f, 0f)));
    ByteBuffer two = ByteBuffer.wrap(coder.writeAll(Exchange.INT8, bytes(127f, 0.8f)));
    byte[] parameters = bytes(0f, 0f);
    byte[] residual = bytes(0f, 0f);
    List<Float> seen = new ArrayList<>();
    for (int round = 0; round < 4; round++) {
      OuterStep.Slices next =
          step(rule, List.of(one, two), ByteBuffer.wrap(parameters), ByteBuffer.wrap(residual));
      parameters = next.parameters();
      residual = next.residual();
      seen.add(floats(parameters)[1]);
    }
    // Half a step a round: every second round tells a whole one. Without the residual, none would.
    assertThat(seen).containsExactly(0f, 1f, 1f, 2f);
  }

  private static OuterStep.Slices step(
      AveragingRule rule, List<ByteBuffer> offered, ByteBuffer... past) {
    double[] weights = offered.size() == 2 ? new double[] {3, 3} : new double[] {1};
    if (rule.outer().rate() == 1 && !rule.isRounded()) {
      weights = new double[] {3, 4};
    }
    int floats = past[0].remaining() / Float.BYTES;
    return new OuterStep(rule, new Mean(weights)).step(offered, List.of(past), floats);
  }

  /** More than a piece, and a rest. */
  private static float[] noise(long seed, double scale) {
    Random random = new Random(seed);
    float[] values = new float[Coder.PIECE + 301];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * random.nextGaussian());
    }
    return values;
  }

  private static ByteBuffer slice(float... values) {
    return ByteBuffer.wrap(bytes(values));
  }

  private static byte[] bytes(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}
