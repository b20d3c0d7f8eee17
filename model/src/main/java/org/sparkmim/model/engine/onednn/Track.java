package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Kernels in order, replayed as one; knows how long each kind of operation took. */
final class Track {
  private final List<String> kinds = new ArrayList<>();
  private final List<Kernel[]> kernels = new ArrayList<>();
  private long[] nanos = new long[0];

  /** Appends the kernels of one operation. */
  void add(String kind, List<Kernel> kernels) {
    if (!kernels.isEmpty()) {
      kinds.add(kind);
      this.kernels.add(kernels.toArray(Kernel[]::new));
      nanos = new long[kinds.size()];
    }
  }

  void run() {
    long before = System.nanoTime();
    for (int i = 0; i < nanos.length; i++) {
      for (Kernel kernel : kernels.get(i)) {
        kernel.run();
      }
      long after = System.nanoTime();
      nanos[i] += after - before;
      before = after;
    }
  }

  /** Adds the time spent so far to that of the same kinds. */
  void addTo(Map<String, Long> byKind) {
    for (int i = 0; i < nanos.length; i++) {
      byKind.merge(kinds.get(i), nanos[i], Long::sum);
    }
  }
}
