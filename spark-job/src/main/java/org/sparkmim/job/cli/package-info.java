/**
 * The command line: what a user types, what a mistake is answered with, and which session it runs
 * on.
 */
package org.sparkmim.job.cli;
