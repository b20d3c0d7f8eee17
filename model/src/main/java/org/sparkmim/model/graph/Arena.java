package org.sparkmim.model.graph;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Places buffers in one block of memory so that those alive at the same time do not overlap. Greedy
 * by size, largest first, each at the lowest offset that is free during its life.
 */
public final class Arena {
  private static final long ALIGNMENT = 64;

  private final Map<Schedule.Buffer, Long> offsets = new HashMap<>();
  private long bytes;

  /**
   * @param bytesOf size of a buffer; buffers of size 0 are left out
   */
  public Arena(List<Schedule.Buffer> buffers, ToLongFunction<Schedule.Buffer> bytesOf) {
    List<Schedule.Buffer> bySize = new ArrayList<>(buffers);
    bySize.removeIf(buffer -> bytesOf.applyAsLong(buffer) == 0);
    bySize.sort(Comparator.comparingLong(bytesOf).reversed());
    List<Schedule.Buffer> placed = new ArrayList<>();
    for (Schedule.Buffer buffer : bySize) {
      long size = bytesOf.applyAsLong(buffer);
      long offset = lowestFree(buffer, size, placed, bytesOf);
      offsets.put(buffer, offset);
      int at = 0;
      while (at < placed.size() && offsets.get(placed.get(at)) <= offset) {
        at++;
      }
      placed.add(at, buffer);
      bytes = Math.max(bytes, align(offset + size));
    }
  }

  /** Size of the whole block. */
  public long bytes() {
    return bytes;
  }

  /** Where a buffer starts, in bytes from the start of the block; a multiple of 64. */
  public long offset(Schedule.Buffer buffer) {
    return offsets.get(buffer);
  }

  private long lowestFree(
      Schedule.Buffer buffer,
      long size,
      List<Schedule.Buffer> byOffset,
      ToLongFunction<Schedule.Buffer> bytesOf) {
    long candidate = 0;
    for (Schedule.Buffer other : byOffset) {
      boolean together = buffer.first() <= other.last() && other.first() <= buffer.last();
      if (!together) {
        continue;
      }
      long start = offsets.get(other);
      if (candidate + size <= start) {
        return candidate;
      }
      candidate = Math.max(candidate, align(start + bytesOf.applyAsLong(other)));
    }
    return candidate;
  }

  private static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
