package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * What tasks are made with.
 *
 * @param kept memory that an operation's forward pass leaves for its backward pass
 */
record Emission(Buffers buffers, Scratch scratch, Region kept, Constants constants) {
  /** Rows that a thread sums at least, where there are enough. */
  private static final int CHUNK_ROWS = 128;

  private static final int MOST_CHUNKS = 64;

  /** Makes the tasks that leave a contribution in activation type at a place. */
  interface Contribution {
    /**
     * @param add 1 to add to what is there, 0 to overwrite it
     */
    List<Task> leave(Address to, int add);
  }

  /**
   * Contributes to the gradient of a value that kernels read as an activation. The gradient of a
   * parameter is float32: in bf16 it is reached by way of scratch memory.
   */
  List<Task> contribute(Write write, Value value, Contribution contribution) {
    if (write == Write.NONE || write == Write.SHARED) {
      return List.of();
    }
    int add = write == Write.ADD ? 1 : 0;
    Data gradient = buffers.gradient(value);
    if (gradient.type() == buffers.activationType()) {
      return contribution.leave(gradient.at(), add);
    }
    Data aside = scratch.take(value.size(), buffers.activationType());
    List<Task> tasks = new ArrayList<>(contribution.leave(aside.at(), 0));
    tasks.add(Launch.elements("widen", value.size(), aside.at(), gradient.at(), add));
    return tasks;
  }

  /** As {@link #contribute}, with the one task that is the contribution. */
  List<Task> contributeOne(Write write, Value value, OneTask task) {
    return contribute(write, value, (to, add) -> List.of(task.leave(to, add)));
  }

  /** Contributes those numbers as they are. */
  List<Task> passOn(Write write, Value value, Address numbers) {
    return contributeOne(
        write, value, (to, add) -> Launch.elements("copy", value.size(), numbers, to, add));
  }

  /** Makes the task that leaves a contribution. */
  interface OneTask {
    Task leave(Address to, int add);
  }

  /** How rows are dealt out for sums over them. */
  record Chunks(int count, int rows) {
    static Chunks of(long rows) {
      long chunks = Math.max(1, Math.min(MOST_CHUNKS, rows / CHUNK_ROWS));
      int length = Math.toIntExact(Launch.ceiling(rows, chunks));
      return new Chunks(Math.toIntExact(Launch.ceiling(rows, length)), length);
    }
  }

  /**
   * The sum over rows as a contribution to a parameter's gradient.
   *
   * @param stride elements from a row to the next
   */
  List<Task> columnSums(
      Write write, Address rows, long stride, int count, long width, Value parameter) {
    if (write == Write.NONE) {
      return List.of();
    }
    Chunks chunks = Chunks.of(count);
    Address partial = scratch.floats(chunks.count() * width);
    return List.of(
        Launch.columns(
            "column_sums",
            width,
            chunks.count(),
            rows,
            stride,
            count,
            width,
            chunks.rows(),
            partial),
        addChunks(write, partial, chunks, width, parameter));
  }

  /** The second pass of a sum over rows. */
  Task addChunks(Write write, Address partial, Chunks chunks, long width, Value parameter) {
    Address gradient = buffers.parameterGradient(parameter);
    int add = write == Write.ADD ? 1 : 0;
    return new Launch(
        "add_chunks",
        Math.toIntExact(Launch.ceiling(width, 256)),
        1,
        256,
        1,
        List.of(partial, chunks.count(), width, gradient, add));
  }
}
