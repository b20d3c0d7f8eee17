package org.sparkmim.model.engine.onednn;

import java.nio.ByteBuffer;
import org.sparkmim.model.graph.Op;

/** Copies the rows of one group of windows, image by image, between tokens and slots. */
final class WindowSlots {
  private final int groups;
  private final int capacity;
  private final int tokens;
  private final HostAccess slots;
  private final int[] tokenOf;

  WindowSlots(Op.WindowAttention op, Tensor slots) {
    groups = op.groups();
    capacity = op.capacity();
    tokens = op.out().extent(1);
    this.slots = new HostAccess(slots);
    tokenOf = new int[groups * capacity];
  }

  /** Reads the slots afresh; returns the number of groups in use. */
  int read() {
    slots.read(tokenOf);
    int used = 0;
    while (used < groups && tokenOf[used * capacity] < tokens) {
      used++;
    }
    return used;
  }

  /** The rows of one image from {@code [B, N, ..]} to {@code [B, S, ..]}; empty slots are zero. */
  void gather(int group, int image, ByteBuffer from, ByteBuffer to, byte[] zeros) {
    int row = zeros.length;
    for (int i = 0; i < capacity; i++) {
      int token = tokenOf[group * capacity + i];
      int at = (image * capacity + i) * row;
      if (token < tokens) {
        to.put(at, from, (image * tokens + token) * row, row);
      } else {
        to.put(at, zeros);
      }
    }
  }

  /** The rows of one image from {@code [B, S, ..]} back to {@code [B, N, ..]}. */
  void scatter(int group, int image, ByteBuffer from, ByteBuffer to, int row) {
    for (int i = 0; i < capacity; i++) {
      int token = tokenOf[group * capacity + i];
      if (token < tokens) {
        to.put((image * tokens + token) * row, from, (image * capacity + i) * row, row);
      }
    }
  }
}
