package org.sparkmim.job.chaos;

/** The processes of a job on a standalone cluster. */
enum Victim {
  DRIVER,
  EXECUTOR,
  WORKER,
  MASTER
}
