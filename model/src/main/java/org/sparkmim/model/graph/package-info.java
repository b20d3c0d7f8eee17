/**
 * A static network: values of fixed shape, about a dozen operations, and the order of their
 * kernels.
 */
package org.sparkmim.model.graph;
