/** Real processes that are killed, and what a run makes of it. */
package org.sparkmim.job.chaos;
