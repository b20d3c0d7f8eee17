package org.sparkmim.model.engine.onednn;

/** A piece of work with all its buffers bound; allocates nothing. */
@FunctionalInterface
interface Kernel {
  void run();
}
