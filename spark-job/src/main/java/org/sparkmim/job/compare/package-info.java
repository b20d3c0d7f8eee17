/**
 * Methods against each other: the same encoder, data and minutes of pre-training on the same cores.
 */
package org.sparkmim.job.compare;
