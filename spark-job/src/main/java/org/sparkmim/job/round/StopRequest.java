package org.sparkmim.job.round;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;
import org.sparkmim.job.MimException;

/**
 * Notices Ctrl-C and a scheduler's TERM, so that a run can commit before it leaves, and leaves in
 * time.
 *
 * <p>The work has the first half of the grace to come to its own border, a round's end. A round
 * cannot be stopped after one of its steps: it is a pure function of the state before it, and half
 * of it would be a state that no other run can reach. So what is not at its border by then is cut
 * short, and the second half is for committing the last round that was finished.
 *
 * <p>It works by shutdown hooks: the first holds the virtual machine, and Spark's own hook, until
 * {@link #close} or the end of the grace; the last turns the exit code of any signal into that of
 * an interrupted run.
 */
public final class StopRequest implements AutoCloseable {
  private static final int INTERRUPTED = 130;
  private static final String GRACE = "grace-seconds";

  /** Above the priorities of Spark's and Hadoop's hooks, which run in falling order. */
  private static final int FIRST = 1000;

  private static final int LAST = 0;

  /** Jobs may start between two looks at the request: they are cut short, too. */
  private static final Duration AGAIN = Duration.ofMillis(200);

  /** Only a limit for the hook, which keeps time itself. */
  private static final Duration SLACK = Duration.ofSeconds(10);

  private final Duration grace;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Runnable first = this::hold;
  private final Runnable last = () -> Runtime.getRuntime().halt(INTERRUPTED);
  private volatile Work work = Work.NONE;
  private volatile boolean asked;
  private volatile boolean overdue;

  /** What a stop has to know of the work that it interrupts. */
  public interface Work {
    /** Nothing to cut and nothing to lose. */
    Work NONE =
        new Work() {
          @Override
          public void cutShort() {}

          @Override
          public String lost() {
            return "";
          }
        };

    /** Makes the work fail soon; may be called again and again, from another thread. */
    void cutShort();

    /** For the user, should the process have to leave without a commit: what that costs. */
    String lost();
  }

  private StopRequest(Duration grace) {
    this.grace = grace;
  }

  /**
   * Listens from now on until it is closed.
   *
   * @param run the section {@code mim.run}
   */
  public static StopRequest onSignals(Config run) {
    StopRequest request = new StopRequest(grace(run));
    ShutdownHookManager hooks = ShutdownHookManager.get();
    long limit = request.grace.plus(SLACK).toSeconds();
    hooks.addShutdownHook(request.first, FIRST, limit, TimeUnit.SECONDS);
    hooks.addShutdownHook(request.last, LAST);
    return request;
  }

  /** A request that only {@link #ask} makes, and that cuts nothing short. */
  public static StopRequest byHand() {
    return new StopRequest(Duration.ZERO);
  }

  /**
   * Reads and checks how long a process may take to leave.
   *
   * @throws MimException (usage) for a negative time
   */
  public static Duration grace(Config run) {
    double seconds = run.getDouble(GRACE);
    if (!(seconds >= 0 && seconds <= Duration.ofDays(1).toSeconds())) {
      throw MimException.usage(
          "run." + GRACE + " = " + seconds + " must be from 0 to 86400 seconds.");
    }
    return Duration.ofMillis((long) (seconds * 1000));
  }

  /** Tells what is worked on from now on. */
  public void interrupts(Work current) {
    work = current;
  }

  private void hold() {
    ask();
    try {
      long deadline = System.nanoTime() + grace.toNanos();
      boolean finished = done.await(grace.toNanos() / 2, TimeUnit.NANOSECONDS);
      overdue = !finished;
      while (!finished && System.nanoTime() < deadline) {
        work.cutShort();
        finished = done.await(AGAIN.toNanos(), TimeUnit.NANOSECONDS);
      }
      if (!finished) {
        // Spark's own shutdown could outlast whoever waits to kill this process.
        System.err.println(
            "Left without a commit after run."
                + GRACE
                + " = "
                + grace.toMillis() / 1e3
                + ". "
                + work.lost());
        last.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks to stop at the next round's end. */
  public void ask() {
    asked = true;
  }

  /** Whether somebody asked. */
  public boolean isAsked() {
    return asked;
  }

  /** Whether the work did not come to its border in time and is cut short. */
  public boolean isOverdue() {
    return overdue;
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
