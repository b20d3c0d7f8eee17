package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/**
 * Where parameters lie on the device. On the host one follows the other; here each begins where the
 * fastest products want it.
 */
final class StateLayout {
  /** Elements; 128 bytes of bf16. */
  private static final long ALIGNMENT = 64;

  /**
   * A parameter.
   *
   * @param first its first element in the host's vectors
   * @param place its first element in the device's
   * @param trained whether the backward pass writes its gradient
   */
  record Entry(Value value, long first, long place, boolean trained) {
    long size() {
      return value.size();
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private final Map<Value, Entry> entryOf = new HashMap<>();
  private final long hostSize;
  private final long size;

  StateLayout(Graph graph, Schedule schedule) {
    long first = 0;
    long place = 0;
    for (Value value : graph.parameters()) {
      Entry entry = new Entry(value, first, place, schedule.trains(value));
      entries.add(entry);
      entryOf.put(value, entry);
      first += value.size();
      place += (value.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    hostSize = first;
    size = place;
  }

  List<Entry> entries() {
    return entries;
  }

  Entry of(Value parameter) {
    return entryOf.get(parameter);
  }

  /** Elements of a vector on the host. */
  long hostSize() {
    return hostSize;
  }

  /** Elements of a vector on the device. */
  long size() {
    return size;
  }
}
