/**
 * A labelled, photo-like image set made from a seed, and the whole product run on it in one
 * command.
 */
package org.sparkmim.job.demo;
