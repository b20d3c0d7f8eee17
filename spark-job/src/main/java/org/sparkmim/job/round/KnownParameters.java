package org.sparkmim.job.round;

import java.nio.ByteBuffer;
import org.apache.spark.SparkEnv;
import org.sparkmim.job.commit.FlatState;

/**
 * The parameters that a replica began a round with. The change of its share is measured from them,
 * and where the next round's are told as a rounded change, it is added to them: nothing of the run
 * is lost with them, for the parameters themselves can be fetched too.
 */
final class KnownParameters {
  private static final int NONE = -1;

  private final Coder coder = new Coder();
  private final float[] piece = new float[Coder.PIECE];
  private float[][] slices = {};
  private String application = "";
  private int group = NONE;

  /** Whether they are those of a state that was handed out under {@code group}. */
  boolean areOf(int group) {
    return this.group == group && application.equals(SparkEnv.get().conf().getAppId());
  }

  /** A slice, not to be changed. */
  float[] slice(int position) {
    return slices[position];
  }

  /** Until {@link #become}, they are no state's. */
  void beginChange(long size) {
    group = NONE;
    if (slices.length == 0) {
      slices = new float[FlatState.slicesOfVector(size)][];
      for (int position = 0; position < slices.length; position++) {
        slices[position] = new float[FlatState.sliceFloats(size, position)];
      }
    }
  }

  /** Takes a slice over. */
  void set(int position, ByteBuffer slice) {
    coder.readAll(Exchange.F32, slice.duplicate(), slices[position], slices[position].length);
  }

  /** Adds a rounded change to a slice. */
  void add(int position, Exchange as, ByteBuffer change) {
    float[] slice = slices[position];
    ByteBuffer in = change.duplicate();
    for (int done = 0; done < slice.length; done += Coder.PIECE) {
      int count = Math.min(Coder.PIECE, slice.length - done);
      coder.read(as, in, piece, count);
      for (int i = 0; i < count; i++) {
        slice[done + i] += piece[i];
      }
    }
  }

  /** They are those of {@code group} now. */
  void become(int group) {
    this.group = group;
    // A process may see several, which number their groups alike.
    application = SparkEnv.get().conf().getAppId();
  }
}
