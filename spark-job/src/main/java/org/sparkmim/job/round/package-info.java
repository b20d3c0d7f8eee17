/**
 * Training in rounds: local steps on every worker, then exact averaging, as DL4J's training master.
 */
package org.sparkmim.job.round;
