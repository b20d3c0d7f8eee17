package org.sparkmim.job.round;

import java.io.Serializable;

/**
 * The first number of a worker's share that was NaN or infinite.
 *
 * @param step the step that made it
 * @param tap whose loss it is, or {@link #STATE}
 * @param what which number, and its value
 */
public record Fault(int worker, LocalStep step, int tap, String what) implements Serializable {
  /** It is no loss but a number of the state after the step: a parameter or a moment. */
  public static final int STATE = -1;
}
