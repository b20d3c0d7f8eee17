/** Rounds, commits, evaluation, command line and report: where data and model meet. */
package org.sparkmim.job;
