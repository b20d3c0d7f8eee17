/** Engines: the kernels that run a graph, and the memory they run on. */
package org.sparkmim.model.engine;
