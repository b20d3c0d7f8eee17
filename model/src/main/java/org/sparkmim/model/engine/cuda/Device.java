package org.sparkmim.model.engine.cuda;

import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * One GPU as the engine sees it: memory, and one queue in which everything happens in the order in
 * which it was asked for. For one thread at a time.
 */
interface Device extends AutoCloseable {
  /** Work that was prepared once and can be asked for again and again. */
  interface Work {
    /** Appends this to the queue. */
    void enqueue();
  }

  /**
   * Device memory; what is in it is undefined.
   *
   * @throws org.sparkmim.model.ModelException where there is too little
   */
  long allocate(long bytes);

  /** Host memory that the device copies from and to without detours; freed with the device. */
  Pointer hostMemory(long bytes);

  /** Host to device; the source must stay as it is until {@link #synchronise}. */
  void upload(long to, Pointer from, long bytes);

  /** Device to host; the numbers are there after {@link #synchronise}. */
  void download(Pointer to, long from, long bytes);

  /** Looks kernels up and asks for algorithms; all regions must be bound. */
  Work prepare(Task task);

  /** All of that as one piece, which costs the host one call; runs nothing. */
  Work capture(List<Work> works);

  /** Waits until the queue is empty. */
  void synchronise();

  /** How often that was done: what was uploaded before the last time may be overwritten. */
  long synchronisations();

  /** Frees everything. */
  @Override
  void close();
}
