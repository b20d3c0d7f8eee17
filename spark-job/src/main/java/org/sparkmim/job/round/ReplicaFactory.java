package org.sparkmim.job.round;

import java.io.Serializable;

/**
 * Makes replicas on executors. Factories that are {@code equal} make interchangeable replicas: one
 * made by the first serves the others.
 */
public interface ReplicaFactory extends Serializable {
  /** A new replica, for the running task. */
  Replica create();

  /**
   * Waits until the running task may compute, and says where: replicas of one place serve only
   * tasks of that place.
   */
  default int claim() {
    return 0;
  }
}
