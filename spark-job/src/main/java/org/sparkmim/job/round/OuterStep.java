package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The step from the averaged change of a round to the next parameters, where they are not just the
 * mean: an outer optimiser, and a change that is rounded before it is applied.
 *
 * <p>A rounded change is what workers will add to the parameters that they know, so the next
 * parameters are <em>defined</em> as the old ones plus the rounded change; what rounding left out
 * is the residual, which the next round's change begins with (error feedback, Karimireddy et al.
 * 2019).
 */
final class OuterStep {
  private final AveragingRule rule;
  private final Mean mean;
  private final Coder coder = new Coder();
  private final float[] before = new float[Coder.PIECE];
  private final float[] velocity = new float[Coder.PIECE];
  private final float[] residual = new float[Coder.PIECE];
  private final float[] rounded = new float[Coder.PIECE];
  private final double[] update = new double[Coder.PIECE];

  OuterStep(AveragingRule rule, Mean mean) {
    this.rule = rule;
    this.mean = mean;
  }

  /**
   * A slice of the averagers' state.
   *
   * @param momentum empty without an outer momentum
   * @param residual empty where nothing is rounded
   * @param change as workers are told it; empty where nothing is rounded
   */
  record Slices(byte[] parameters, byte[] momentum, byte[] residual, byte[] change) {}

  /**
   * Steps on.
   *
   * @param offered slices of the workers, as the rule has them
   * @param past slices of {@code PARAMETERS} and of the rule's outer vectors, in their order
   */
  Slices step(List<ByteBuffer> offered, List<ByteBuffer> past, int floats) {
    List<ByteBuffer> inputs = offered.stream().map(ByteBuffer::duplicate).toList();
    List<ByteBuffer> old = past.stream().map(ByteBuffer::duplicate).toList();
    boolean moves = rule.outer().hasMomentum();
    boolean rounds = rule.isRounded();
    int whole = floats * Float.BYTES;
    Slices next =
        new Slices(
            new byte[whole],
            new byte[moves ? whole : 0],
            new byte[rounds ? whole : 0],
            new byte[rounds ? rule.exchange().bytes(floats) : 0]);
    ByteBuffer parameters = ByteBuffer.wrap(next.parameters());
    ByteBuffer velocities = ByteBuffer.wrap(next.momentum());
    ByteBuffer residuals = ByteBuffer.wrap(next.residual());
    ByteBuffer changes = ByteBuffer.wrap(next.change());
    for (int done = 0; done < floats; done += Coder.PIECE) {
      int count = Math.min(Coder.PIECE, floats - done);
      coder.read(Exchange.F32, old.get(0), before, count);
      change(mean.next(inputs, rule.exchange(), count), count);
      if (moves) {
        coder.read(Exchange.F32, old.get(1), velocity, count);
        accelerate(count);
        coder.write(Exchange.F32, velocity, count, velocities);
      }
      if (rounds) {
        coder.read(Exchange.F32, old.get(old.size() - 1), residual, count);
        round(count, changes);
        coder.write(Exchange.F32, residual, count, residuals);
      } else {
        for (int i = 0; i < count; i++) {
          before[i] = (float) (before[i] + update[i]);
        }
      }
      coder.write(Exchange.F32, before, count, parameters);
    }
    return next;
  }

  /** The mean change, whether workers offered it or their parameters. */
  private void change(double[] means, int count) {
    if (rule.isRounded()) {
      System.arraycopy(means, 0, update, 0, count);
    } else {
      for (int i = 0; i < count; i++) {
        update[i] = means[i] - before[i];
      }
    }
    mean.look(before, count);
  }

  private void accelerate(int count) {
    double momentum = rule.outer().momentum();
    double rate = rule.outer().rate();
    for (int i = 0; i < count; i++) {
      // DiLoCo's outer gradient is before - mean, the change's opposite.
      double gradient = -update[i];
      velocity[i] = (float) (momentum * velocity[i] + gradient);
      update[i] = -rate * (gradient + momentum * velocity[i]);
    }
  }

  private void round(int count, ByteBuffer changes) {
    for (int i = 0; i < count; i++) {
      update[i] += residual[i];
      rounded[i] = (float) update[i];
    }
    int at = changes.position();
    coder.write(rule.exchange(), rounded, count, changes);
    coder.read(rule.exchange(), changes.duplicate().position(at), rounded, count);
    for (int i = 0; i < count; i++) {
      double wanted = before[i] + update[i];
      // As workers add it: in float.
      before[i] += rounded[i];
      residual[i] = (float) (wanted - before[i]);
    }
  }
}
