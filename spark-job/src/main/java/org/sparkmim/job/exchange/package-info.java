/** Weights in and out: files under the names of other programs, and runs that begin with them. */
package org.sparkmim.job.exchange;
