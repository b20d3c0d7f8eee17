package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * What a worker offers where exchanges are rounded: of the parameters their change in the round,
 * and moments.
 *
 * <p>What rounding leaves out here is left to no later round: a worker ends with its round, so that
 * a retry needs nothing but the state. It is less than half a step of this round's own change, and
 * the next round begins from a state that all share.
 */
final class RoundedOffer {
  private final AveragingRule rule;
  private final KnownParameters known;
  private final Coder coder = new Coder();
  private final float[] piece = new float[Coder.PIECE];
  private float[] floats = {};

  RoundedOffer(AveragingRule rule, KnownParameters known) {
    this.rule = rule;
    this.known = known;
  }

  /** A slice as it is offered; empty if it is not finite. */
  byte[] slice(ParameterVectors vectors, int index) {
    int count = FlatState.sliceFloats(vectors.size(), index);
    floats = floats.length < count ? new float[count] : floats;
    FlatState.copySlice(vectors, index, floats);
    Vector vector = FlatState.vectorOf(index, vectors.size());
    float[] base = vector == Vector.PARAMETERS ? known.slice(index) : null;
    Exchange as = rule.offeredAs(vector);
    byte[] bytes = new byte[as.bytes(count)];
    ByteBuffer out = ByteBuffer.wrap(bytes);
    for (int done = 0; done < count; done += Coder.PIECE) {
      int length = Math.min(Coder.PIECE, count - done);
      System.arraycopy(floats, done, piece, 0, length);
      if (!Finite.all(piece, length)) {
        return new byte[0];
      }
      if (base != null) {
        for (int i = 0; i < length; i++) {
          piece[i] -= base[done + i];
        }
      }
      coder.write(as, piece, length, out);
    }
    return bytes;
  }
}
