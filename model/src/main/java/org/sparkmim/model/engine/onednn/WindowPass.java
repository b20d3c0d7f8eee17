package org.sparkmim.model.engine.onednn;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;

/**
 * Goes through the groups of windows that are in use: brings their rows together, runs their
 * kernels, takes results back to their tokens. Rows stay where they are if one group holds all
 * tokens.
 */
final class WindowPass {
  /** {@code [B, N, width]} and the same rows by slot, {@code [B, S, width]}. */
  private record Rows(ByteBuffer tokens, ByteBuffer slots, byte[] zeros) {}

  private final Op.WindowAttention op;
  private final Emission emission;
  private final Team team;
  private final int images;
  private final WindowSlots slots;
  private final List<Rows> gathered = new ArrayList<>();
  private final List<Rows> scattered = new ArrayList<>();
  private int group;

  WindowPass(Op.WindowAttention op, Emission emission, Team team) {
    this.op = op;
    this.emission = emission;
    this.team = team;
    images = op.out().extent(0);
    slots = op.slots() == null ? null : new WindowSlots(op, emission.buffers().of(op.slots()));
  }

  /** Where the kernels of a group find the rows of {@code tokens [B, N, width]}. */
  Tensor gathered(Tensor tokens) {
    return slotsOf(tokens, gathered);
  }

  /** Where the kernels of a group leave rows for {@code tokens [B, N, width]}. */
  Tensor scattered(Tensor tokens) {
    return slotsOf(tokens, scattered);
  }

  private Tensor slotsOf(Tensor tokens, List<Rows> moved) {
    if (slots == null) {
      return tokens;
    }
    long width = tokens.dims()[2];
    long count = images * (long) op.capacity() * width;
    int bytes = Tensor.bytesOf(tokens.type());
    Tensor room =
        Tensor.of(
            emission.dnnl().allocate(count * bytes), tokens.type(), images, op.capacity(), width);
    moved.add(
        new Rows(
            new HostAccess(tokens).bytes(),
            new HostAccess(room).bytes(),
            new byte[Math.toIntExact(width * bytes)]));
    return room;
  }

  /**
   * All groups, one after the other.
   *
   * @param kernels by group
   * @param before done for each head before the kernels of a group, or null
   * @param after done for each head after them, or null
   */
  Kernel over(Kernel[][] kernels, WindowBias bias, HeadTask before, HeadTask after) {
    int moved = slots == null ? 0 : images;
    IntConsumer first =
        i -> {
          if (i < moved) {
            gather(i);
          } else {
            before.run(group, i - moved);
          }
        };
    IntConsumer last =
        i -> {
          if (i < moved) {
            scatter(i);
          } else {
            after.run(group, i - moved);
          }
        };
    int firstTasks = moved + (before == null ? 0 : op.heads());
    int lastTasks = moved + (after == null ? 0 : op.heads());
    return () -> {
      int used = slots == null ? 1 : slots.read();
      bias.readPairs(used);
      for (group = 0; group < used; group++) {
        share(firstTasks, first);
        for (Kernel kernel : kernels[group]) {
          kernel.run();
        }
        share(lastTasks, last);
      }
    };
  }

  private void share(int tasks, IntConsumer task) {
    if (tasks > 0) {
      team.run(tasks, task);
    }
  }

  /** Work on one head of a group. */
  @FunctionalInterface
  interface HeadTask {
    void run(int group, int head);
  }

  private void gather(int image) {
    for (int i = 0; i < gathered.size(); i++) {
      Rows rows = gathered.get(i);
      slots.gather(group, image, rows.tokens(), rows.slots(), rows.zeros());
    }
  }

  private void scatter(int image) {
    for (int i = 0; i < scattered.size(); i++) {
      Rows rows = scattered.get(i);
      slots.scatter(group, image, rows.slots(), rows.tokens(), rows.zeros().length);
    }
  }
}
