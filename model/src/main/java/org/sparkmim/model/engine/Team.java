package org.sparkmim.model.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * Threads that share a loop, for kernels written in Java. Allocates nothing while it runs; as many
 * threads as the engine's own ({@code OMP_NUM_THREADS}), the caller being one of them.
 *
 * <p>For one caller at a time.
 */
public final class Team implements AutoCloseable {
  private static final int SPINS = 2000;

  private final Thread[] helpers;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicInteger round = new AtomicInteger();
  private volatile boolean closed;
  private volatile Throwable failure;
  private IntConsumer task;
  private int tasks;

  /**
   * @param threads at least 1
   */
  public Team(int threads) {
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Thread(this::help, "mim-engine-" + i);
      helpers[i].setDaemon(true);
      helpers[i].start();
    }
  }

  /** As many threads as {@code OMP_NUM_THREADS} says, else one for each processor. */
  public static Team ofEngine() {
    String threads = System.getenv("OMP_NUM_THREADS");
    boolean given = threads != null && threads.strip().matches("[1-9]\\d{0,3}");
    return new Team(
        given ? Integer.parseInt(threads.strip()) : Runtime.getRuntime().availableProcessors());
  }

  /**
   * Runs {@code task} once for each number below {@code tasks}, in any order, and returns when all
   * are done. What a task throws is thrown here.
   */
  public void run(int tasks, IntConsumer task) {
    this.task = task;
    this.tasks = tasks;
    failure = null;
    next.set(0);
    left.set(helpers.length);
    round.incrementAndGet();
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    work();
    int spins = 0;
    while (left.get() > 0) {
      if (spins++ < SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
    if (failure != null) {
      throw new IllegalStateException("a task of the engine failed", failure);
    }
  }

  private void help() {
    int seen = 0;
    while (!closed) {
      if (round.get() == seen) {
        LockSupport.park(this);
        continue;
      }
      seen++;
      work();
      left.decrementAndGet();
    }
  }

  private void work() {
    try {
      int count = tasks;
      for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        task.accept(i);
      }
    } catch (RuntimeException | Error e) {
      failure = e;
      next.set(tasks);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
  }
}
