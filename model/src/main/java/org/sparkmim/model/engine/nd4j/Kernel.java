package org.sparkmim.model.engine.nd4j;

/** A call of one ND4J operation with all its arrays bound. */
@FunctionalInterface
interface Kernel {
  void run();
}
