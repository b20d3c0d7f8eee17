/** Compares this implementation, tensor by tensor, with numbers of the published code. */
package org.sparkmim.job.verify;
