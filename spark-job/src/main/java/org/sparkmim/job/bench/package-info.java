/** Measures what the parts of a training run cost on this machine. */
package org.sparkmim.job.bench;
