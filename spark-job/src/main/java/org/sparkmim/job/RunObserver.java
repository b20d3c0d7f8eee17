package org.sparkmim.job;

import java.io.Serializable;

/**
 * Told before each act of a run, on the machine that does it, so that tests can stop, delay or kill
 * there. It travels to executors inside tasks.
 */
@FunctionalInterface
public interface RunObserver extends Serializable {
  /** Watches nothing: what production uses. */
  RunObserver NONE = (phase, what) -> {};

  /**
   * Called before the act; what it throws fails the act.
   *
   * @param what the object of the act, such as a file or a minibatch
   */
  void before(Phase phase, String what);
}
