/** Minibatches of masked patches and their targets, and the loader threads that fill them. */
package org.sparkmim.data.batch;
