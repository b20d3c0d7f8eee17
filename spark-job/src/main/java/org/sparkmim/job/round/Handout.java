package org.sparkmim.job.round;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.storage.BlockManagerId;
import org.sparkmim.job.MimException;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * Where the state lies that a round begins with: with the processes that averaged it, dealt out by
 * position in their vectors, or all of it with the driver.
 *
 * @param group of its slices; where changes are rounded, the change that led to it is among them
 * @param before group of the state that the change was added to, or {@link #NONE}
 * @param size parameters of the state
 * @param holders position {@code i} of every vector lies with holder {@code i % holders.size()}
 */
record Handout(int group, int before, long size, AveragingRule rule, List<BlockManagerId> holders)
    implements Serializable {
  static final int NONE = -1;

  Handout {
    holders = List.copyOf(holders);
  }

  /**
   * A state that only this process holds, offered by it.
   *
   * @param state of the rule's vectors
   * @throws MimException (input) if the state is not finite
   */
  static Handout of(int group, FlatState state, AveragingRule rule) {
    Handout all = new Handout(group, NONE, state.size(), rule, List.of(SliceBlocks.here()));
    Coder coder = new Coder();
    for (int index = 0; index < all.count(); index++) {
      byte[] slice = state.slice(index);
      if (!Finite.all(slice)) {
        throw MimException.input(
            "Cannot train from this state: it holds NaN or infinity. Take a checkpoint or weights"
                + " that are finite.");
      }
      SliceBlocks.put(group, index, coder.writeAll(all.as(index), slice));
    }
    return all;
  }

  /** Slices of the state, without its change. */
  private int count() {
    return rule.vectors().size() * FlatState.slicesOfVector(size);
  }

  /** How a slice is written. */
  private Exchange as(int index) {
    return rule.handedOutAs(rule.vectors().get(index / FlatState.slicesOfVector(size)));
  }

  /** Number of the slice at a position of a vector. */
  int index(Vector vector, int position) {
    return rule.vectors().indexOf(vector) * FlatState.slicesOfVector(size) + position;
  }

  /** Number of the slice that tells how the parameters at a position changed. */
  int changeIndex(int position) {
    return count() + position;
  }

  SliceRef ref(int index) {
    int position = index % FlatState.slicesOfVector(size);
    return new SliceRef(group, index, holders.get(position % holders.size()));
  }

  /** Whether no other process holds any of it. */
  boolean isHere() {
    return holders.stream().allMatch(SliceBlocks.here()::equals);
  }

  /** Bytes that came from other processes: from the driver's, and from averagers'. */
  record Traffic(long fromDriver, long fromAveragers) {}

  /**
   * Copies what workers train with into off-heap vectors, and keeps it in this process.
   *
   * @param known what the process knows of the parameters, and will know then; only where changes
   *     are rounded
   * @throws SliceLostException if a holder is gone or a slice damaged
   */
  Traffic copyTo(ParameterVectors vectors, KnownParameters known) {
    if (!rule.isRounded()) {
      return fetch(workerSlices(0), (index, slice) -> FlatState.copySlice(slice, vectors, index));
    }
    int positions = FlatState.slicesOfVector(size);
    Traffic parameters = bringUpToDate(known);
    for (int position = 0; position < positions; position++) {
      FlatState.copySlice(known.slice(position), vectors, position);
    }
    Coder coder = new Coder();
    float[] moments = new float[FlatState.sliceFloats(size, 0)];
    Traffic rest =
        fetch(
            workerSlices(positions),
            (index, slice) -> {
              int floats = FlatState.sliceFloats(size, index);
              coder.readAll(as(index), slice.duplicate(), moments, floats);
              FlatState.copySlice(moments, vectors, index);
            });
    return new Traffic(
        parameters.fromDriver() + rest.fromDriver(),
        parameters.fromAveragers() + rest.fromAveragers());
  }

  private Traffic bringUpToDate(KnownParameters known) {
    if (known.areOf(group)) {
      return new Traffic(0, 0);
    }
    boolean changes = before != NONE && known.areOf(before);
    known.beginChange(size);
    List<SliceRef> refs = new ArrayList<>();
    for (int position = 0; position < FlatState.slicesOfVector(size); position++) {
      refs.add(ref(changes ? changeIndex(position) : position));
    }
    Traffic traffic =
        fetch(
            refs,
            (index, slice) -> {
              int position = index % FlatState.slicesOfVector(size);
              if (changes) {
                known.add(position, rule.exchange(), slice);
              } else {
                known.set(position, slice);
              }
            });
    known.become(group);
    return traffic;
  }

  private List<SliceRef> workerSlices(int from) {
    return IntStream.range(from, FlatState.sliceCount(size)).mapToObj(this::ref).toList();
  }

  private interface Taker {
    void take(int index, ByteBuffer slice);
  }

  private Traffic fetch(List<SliceRef> refs, Taker taker) {
    long fromDriver = 0;
    long fromAveragers = 0;
    try (SliceFetch fetch = new SliceFetch(refs)) {
      for (SliceRef ref : refs) {
        long start = fetch.remoteBytes();
        ByteBuffer slice = sound(ref, fetch.next(1).get(0));
        taker.take(ref.index(), slice);
        long bytes = fetch.remoteBytes() - start;
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
    List<SliceRef> refs = IntStream.range(0, count()).mapToObj(this::ref).toList();
    byte[][] slices = new byte[refs.size()][];
    Coder coder = new Coder();
    try (SliceFetch fetch = new SliceFetch(refs)) {
      for (int index = 0; index < slices.length; index++) {
        ByteBuffer slice = sound(refs.get(index), fetch.next(1).get(0));
        slices[index] =
            as(index) == Exchange.F32
                ? array(slice)
                : coder.floatBytes(as(index), slice, FlatState.sliceFloats(size, index));
      }
      return new Collected(
          FlatState.of(size, rule.vectors(), slices),
          (System.nanoTime() - begin) / 1e9,
          fetch.remoteBytes());
    }
  }

  private ByteBuffer sound(SliceRef ref, ByteBuffer slice) {
    Exchange as = ref.index() < count() ? as(ref.index()) : rule.exchange();
    if (!Finite.all(as, slice, FlatState.sliceFloats(size, ref.index()))) {
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
}
