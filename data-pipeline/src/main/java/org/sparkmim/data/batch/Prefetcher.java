package org.sparkmim.data.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.function.Supplier;

/**
 * Loader threads in front of a consumer. Tickets are put in, each is filled into a recycled slot by
 * some thread, and slots come out in the order of their tickets. As many slots as were given bound
 * the memory. When a thread fails, the consumer gets that failure where it would have taken that
 * ticket's slot, and for good: what was submitted before it is not spoilt. One consumer thread.
 *
 * @param <T> a reusable slot, such as a {@link Minibatch}
 */
public final class Prefetcher<T> implements AutoCloseable {
  /**
   * Fills slots; one a loader thread, closed by it.
   *
   * @param <T> a reusable slot
   */
  public interface Filler<T> extends AutoCloseable {
    /** Fills a slot with what the ticket stands for. */
    void fill(T slot, long ticket) throws Exception;

    @Override
    default void close() {}
  }

  private final Object lock = new Object();
  private final Queue<T> free;
  private final Queue<Long> tickets = new ArrayDeque<>();
  private final Map<Long, T> ready = new HashMap<>();
  private final List<Thread> threads = new ArrayList<>();
  private long nextStarted;
  private long nextTaken;
  private Throwable failure;
  private long failedTurn;
  private boolean closed;

  /**
   * Starts the threads.
   *
   * @param name prefix of the threads' names
   * @param slots at least one; more slots than threads let loaders run ahead
   * @param threadCount loader threads, at least one
   * @param fillers called once by each thread
   */
  public Prefetcher(String name, List<T> slots, int threadCount, Supplier<Filler<T>> fillers) {
    if (slots.isEmpty() || threadCount < 1) {
      throw new IllegalArgumentException("A prefetcher needs at least one slot and one thread");
    }
    this.free = new ArrayDeque<>(slots);
    for (int i = 0; i < threadCount; i++) {
      Thread thread = new Thread(() -> load(fillers), name + "-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  /** Asks for one more slot; returns at once. */
  public void submit(long ticket) {
    synchronized (lock) {
      tickets.add(ticket);
      lock.notifyAll();
    }
  }

  /**
   * The slot of the next ticket in order; waits for it.
   *
   * @throws RuntimeException the failure of the first ticket that failed, with its message
   * @throws IllegalStateException when more is taken than was submitted, or it is closed
   */
  public T take() throws InterruptedException {
    synchronized (lock) {
      while (true) {
        if (failure != null && nextTaken >= failedTurn) {
          throwFailure();
        }
        T slot = ready.remove(nextTaken);
        if (slot != null) {
          nextTaken++;
          return slot;
        }
        if (closed) {
          throw new IllegalStateException("The prefetcher is closed");
        }
        if (nextTaken == nextStarted && tickets.isEmpty()) {
          throw new IllegalStateException("More was taken than was submitted");
        }
        lock.wait();
      }
    }
  }

  /** Gives a slot back for refilling. */
  public void recycle(T slot) {
    synchronized (lock) {
      free.add(slot);
      lock.notifyAll();
    }
  }

  private void throwFailure() {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    throw new IllegalStateException("A loader thread failed: " + failure.getMessage(), failure);
  }

  private void load(Supplier<Filler<T>> fillers) {
    long turn = 0;
    try (Filler<T> filler = fillers.get()) {
      for (Work<T> work = nextWork(); work != null; work = nextWork()) {
        turn = work.turn;
        filler.fill(work.slot, work.ticket);
        finish(work);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e, turn);
    } catch (Throwable e) {
      // Errors too: a loader that dies of memory must not leave the consumer waiting.
      fail(e, turn);
    }
  }

  private record Work<T>(T slot, long ticket, long turn) {}

  /** The next ticket with a slot for it, in turn; null when there is nothing left to do. */
  private Work<T> nextWork() throws InterruptedException {
    synchronized (lock) {
      while (!closed && failure == null && (tickets.isEmpty() || free.isEmpty())) {
        lock.wait();
      }
      // Slots go to tickets in order, so the oldest unfinished ticket always has one: no deadlock.
      return closed || failure != null
          ? null
          : new Work<>(free.remove(), tickets.remove(), nextStarted++);
    }
  }

  private void finish(Work<T> work) {
    synchronized (lock) {
      ready.put(work.turn, work.slot);
      lock.notifyAll();
    }
  }

  private void fail(Throwable e, long turn) {
    synchronized (lock) {
      if (!closed && (failure == null || turn < failedTurn)) {
        failure = e;
        failedTurn = turn;
      }
      lock.notifyAll();
    }
  }

  /** Stops the threads and waits until each has left the slot it was filling. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
