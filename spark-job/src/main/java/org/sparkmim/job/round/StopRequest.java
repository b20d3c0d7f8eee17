package org.sparkmim.job.round;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.util.ShutdownHookManager;

/**
 * Notices Ctrl-C and a scheduler's TERM, so that a run can finish its round and commit before it
 * stops.
 *
 * <p>It works by shutdown hooks: the first holds the virtual machine, and Spark's own hook, until
 * {@link #close}; the last turns the exit code of any signal into that of an interrupted run.
 */
public final class StopRequest implements AutoCloseable {
  private static final Duration LONGEST_ROUND = Duration.ofMinutes(30);
  private static final int INTERRUPTED = 130;

  /** Above the priorities of Spark's and Hadoop's hooks, which run in falling order. */
  private static final int FIRST = 1000;

  private static final int LAST = 0;

  private final AtomicBoolean asked = new AtomicBoolean();
  private final CountDownLatch done = new CountDownLatch(1);
  private final Runnable first = this::hold;
  private final Runnable last = () -> Runtime.getRuntime().halt(INTERRUPTED);

  private StopRequest() {}

  /** Listens from now on until it is closed. */
  public static StopRequest onSignals() {
    StopRequest request = new StopRequest();
    ShutdownHookManager hooks = ShutdownHookManager.get();
    hooks.addShutdownHook(request.first, FIRST, LONGEST_ROUND.toSeconds(), TimeUnit.SECONDS);
    hooks.addShutdownHook(request.last, LAST);
    return request;
  }

  /** A request that only {@link #ask} makes. */
  public static StopRequest byHand() {
    return new StopRequest();
  }

  private void hold() {
    ask();
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks to stop at the next round's end. */
  public void ask() {
    asked.set(true);
  }

  /** Whether somebody asked. */
  public boolean isAsked() {
    return asked.get();
  }

  /** Stops listening; lets a shutdown that waits go on. */
  @Override
  public void close() {
    ShutdownHookManager hooks = ShutdownHookManager.get();
    if (!hooks.isShutdownInProgress()) {
      hooks.removeShutdownHook(first);
      hooks.removeShutdownHook(last);
    }
    done.countDown();
  }
}
