package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.spark.storage.BlockManagerId;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.model.engine.ParameterVectors;

/**
 * Where a round's workers find the state they begin with: its slices lie with the processes that
 * averaged them, dealt out by number, and all of them with the driver, which is only asked when
 * another holder is gone.
 *
 * @param size parameters of the state
 * @param holders slice {@code i} lies with holder {@code i % holders.size()}
 */
record Handout(int group, long size, List<BlockManagerId> holders, BlockManagerId driver)
    implements Serializable {
  Handout {
    holders = List.copyOf(holders);
  }

  /** A state that only the driver holds, offered by it. */
  static Handout ofDriver(int group, FlatState state) {
    for (int index = 0; index < FlatState.sliceCount(state.size()); index++) {
      SliceBlocks.put(group, index, state.slice(index));
    }
    BlockManagerId here = SliceBlocks.here();
    return new Handout(group, state.size(), List.of(here), here);
  }

  /** All slices, in order. */
  List<SliceRef> slices() {
    List<SliceRef> refs = new ArrayList<>();
    for (int index = 0; index < FlatState.sliceCount(size); index++) {
      refs.add(new SliceRef(group, index, holders.get(index % holders.size())));
    }
    return Collections.unmodifiableList(refs);
  }

  /**
   * Copies the state into off-heap vectors.
   *
   * @return bytes that came out of the driver's process into another
   */
  long copyTo(ParameterVectors vectors) {
    List<SliceRef> refs = new ArrayList<>(slices());
    Traffic traffic = new Traffic();
    int next = 0;
    while (next < refs.size()) {
      next = copyFrom(next, refs, vectors, traffic);
    }
    return traffic.fromDriver;
  }

  private static final class Traffic {
    private long fromDriver;
  }

  /** Copies until the end or until a holder turns out to be gone, whose slices the driver takes. */
  private int copyFrom(int first, List<SliceRef> refs, ParameterVectors vectors, Traffic traffic) {
    int next = first;
    try (SliceFetch fetch = new SliceFetch(refs.subList(first, refs.size()))) {
      while (!fetch.isDone()) {
        long before = fetch.remoteBytes();
        FlatState.copySlice(fetch.next(1).get(0), vectors, next);
        if (refs.get(next).holder().equals(driver)) {
          traffic.fromDriver += fetch.remoteBytes() - before;
        }
        next++;
      }
    } catch (SliceLostException e) {
      BlockManagerId gone = e.slice().holder();
      if (gone.equals(driver)) {
        throw e;
      }
      refs.replaceAll(
          ref -> ref.holder().equals(gone) ? new SliceRef(group, ref.index(), driver) : ref);
    }
    return next;
  }
}
