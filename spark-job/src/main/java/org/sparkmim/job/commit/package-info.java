/** Runs on disk: checkpoints that are either whole or not there, the run's record, its metrics. */
package org.sparkmim.job.commit;
