package org.sparkmim.job.round;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.storage.BlockManagerId;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * Where the state lies that a round begins with: with the processes that averaged it, dealt out by
 * number, or all of it with the driver.
 *
 * @param size parameters of the state
 * @param holders slice {@code i} lies with holder {@code i % holders.size()}
 */
record Handout(int group, long size, List<BlockManagerId> holders) implements Serializable {
  Handout {
    holders = List.copyOf(holders);
  }

  /**
   * A state that only this process holds, offered by it.
   *
   * @throws MimException (input) if the state is not finite
   */
  static Handout of(int group, FlatState state) {
    for (int index = 0; index < FlatState.sliceCount(state.size()); index++) {
      if (!Finite.all(state.slice(index))) {
        throw MimException.input(
            "Cannot train from this state: it holds NaN or infinity. Take a checkpoint or weights"
                + " that are finite.");
      }
      SliceBlocks.put(group, index, state.slice(index));
    }
    return new Handout(group, state.size(), List.of(SliceBlocks.here()));
  }

  /** Whether no other process holds any of it. */
  boolean isHere() {
    return holders.stream().allMatch(SliceBlocks.here()::equals);
  }

  /** Bytes that came from other processes: from the driver's, and from averagers'. */
  record Traffic(long fromDriver, long fromAveragers) {}

  /**
   * Copies the state into off-heap vectors, and keeps it in this process.
   *
   * @throws SliceLostException if a holder is gone or a slice damaged
   */
  Traffic copyTo(ParameterVectors vectors) {
    long fromDriver = 0;
    long fromAveragers = 0;
    List<SliceRef> refs = slices();
    try (SliceFetch fetch = new SliceFetch(refs)) {
      for (SliceRef ref : refs) {
        long before = fetch.remoteBytes();
        ByteBuffer slice = sound(ref, fetch.next(1).get(0));
        FlatState.copySlice(slice, vectors, ref.index());
        long bytes = fetch.remoteBytes() - before;
        if (bytes > 0 && !ref.holder().isDriver()) {
          // Whoever looks for it when its holder is gone finds it here.
          SliceBlocks.put(group, ref.index(), copy(slice));
        }
        if (ref.holder().isDriver()) {
          fromDriver += bytes;
        } else {
          fromAveragers += bytes;
        }
      }
    }
    return new Traffic(fromDriver, fromAveragers);
  }

  /**
   * Brings the state into this process.
   *
   * @throws SliceLostException if a holder is gone or a slice damaged
   */
  Collected collect() {
    long begin = System.nanoTime();
    List<SliceRef> refs = slices();
    byte[][] slices = new byte[refs.size()][];
    try (SliceFetch fetch = new SliceFetch(refs)) {
      for (int index = 0; index < slices.length; index++) {
        slices[index] = array(sound(refs.get(index), fetch.next(1).get(0)));
      }
      return new Collected(
          FlatState.of(size, slices), (System.nanoTime() - begin) / 1e9, fetch.remoteBytes());
    }
  }

  private static ByteBuffer sound(SliceRef ref, ByteBuffer slice) {
    if (!Finite.all(slice)) {
      throw SliceLostException.damaged(ref);
    }
    return slice;
  }

  /** Slices of this process are arrays already, which nobody changes. */
  private static byte[] array(ByteBuffer slice) {
    if (slice.hasArray() && slice.array().length == slice.remaining()) {
      return slice.array();
    }
    return copy(slice);
  }

  private static byte[] copy(ByteBuffer slice) {
    byte[] array = new byte[slice.remaining()];
    slice.duplicate().get(array);
    return array;
  }

  /** All slices, in order. */
  private List<SliceRef> slices() {
    List<SliceRef> refs = new ArrayList<>();
    for (int index = 0; index < FlatState.sliceCount(size); index++) {
      refs.add(new SliceRef(group, index, holders.get(index % holders.size())));
    }
    return refs;
  }
}
