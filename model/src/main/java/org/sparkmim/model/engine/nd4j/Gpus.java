package org.sparkmim.model.engine.nd4j;

import java.util.List;

/** What can be said of a machine's GPUs before ND4J is loaded. */
interface Gpus {
  /** A GPU and the version of its instruction set. */
  record Gpu(String name, int major, int minor) {
    String capability() {
      return major + "." + minor;
    }
  }

  /** Whether ND4J takes its CUDA backend, and not the CPU's. */
  boolean used();

  /**
   * In the order of their ordinals.
   *
   * @throws RuntimeException or LinkageError, with what CUDA says, if it cannot be asked
   */
  List<Gpu> list();
}
