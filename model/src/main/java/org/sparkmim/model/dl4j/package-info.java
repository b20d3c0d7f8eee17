/**
 * The network as a DL4J layer: DL4J owns parameters, updater state and their distribution, the
 * engine owns the arithmetic.
 */
package org.sparkmim.model.dl4j;
