/** One self-contained page about a run: what ran, how it learned, how good it is, what it sees. */
package org.sparkmim.job.report;
