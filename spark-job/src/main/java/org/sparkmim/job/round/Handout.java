package org.sparkmim.job.round;

import java.io.Serializable;
import java.util.ArrayList;
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
    return refs;
  }

  /** Bytes that came from other processes: from the driver's, and from averagers'. */
  record Traffic(long fromDriver, long fromAveragers) {}

  /** Copies the state into off-heap vectors. */
  Traffic copyTo(ParameterVectors vectors) {
    long fromDriver = 0;
    long fromAveragers = 0;
    List<SliceRef> refs = slices();
    for (int next = 0; next < refs.size(); ) {
      try (SliceFetch fetch = new SliceFetch(refs.subList(next, refs.size()))) {
        while (!fetch.isDone()) {
          long before = fetch.remoteBytes();
          FlatState.copySlice(fetch.next(1).get(0), vectors, next);
          long bytes = fetch.remoteBytes() - before;
          if (refs.get(next).holder().equals(driver)) {
            fromDriver += bytes;
          } else {
            fromAveragers += bytes;
          }
          next++;
        }
      } catch (SliceLostException e) {
        refs = withoutHolder(e, refs);
      }
    }
    return new Traffic(fromDriver, fromAveragers);
  }

  /** The driver stands in for a holder that is gone. */
  private List<SliceRef> withoutHolder(SliceLostException lost, List<SliceRef> refs) {
    BlockManagerId gone = lost.slice().holder();
    if (gone.equals(driver)) {
      throw lost;
    }
    return refs.stream()
        .map(ref -> ref.holder().equals(gone) ? new SliceRef(group, ref.index(), driver) : ref)
        .toList();
  }
}
