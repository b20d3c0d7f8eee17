package org.sparkmim.job.round;

import java.io.Serializable;

/**
 * Makes replicas on executors. Factories that are {@code equal} make interchangeable replicas: one
 * made by the first serves the others.
 */
public interface ReplicaFactory extends Serializable {
  /** A new replica. */
  Replica create();
}
