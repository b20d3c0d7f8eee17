package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Memory shared by kernels that never need it at the same time. It grows while kernels are prepared
 * and is allocated once, when the largest request is known.
 */
final class Region {
  private final List<Consumer<Pointer>> waiting = new ArrayList<>();
  private long bytes;

  /** Asks for memory; {@code bind} is called with its address when it exists. */
  void request(long size, Consumer<Pointer> bind) {
    bytes = Math.max(bytes, size);
    waiting.add(bind);
  }

  long bytes() {
    return bytes;
  }

  /** Hands the region its memory. */
  void bind(BytePointer memory) {
    waiting.forEach(bind -> bind.accept(memory));
    waiting.clear();
  }
}
