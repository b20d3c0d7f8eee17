/**
 * How good a checkpoint's features are: kNN and linear probe, beside the same network untrained.
 */
package org.sparkmim.job.evaluate;
