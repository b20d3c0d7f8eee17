package org.sparkmim.model.engine.nd4j;

import java.util.function.Supplier;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One of ND4J's devices. ND4J ties devices to threads, so whatever uses arrays runs through here;
 * outside of workspaces, whose arrays would not outlive them.
 */
record Device(int ordinal) {
  void run(Runnable work) {
    get(
        () -> {
          work.run();
          return null;
        });
  }

  <T> T get(Supplier<T> work) {
    try {
      select();
      try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
        return work.get();
      }
    } catch (RuntimeException | LinkageError e) {
      throw Failures.explained(e);
    }
  }

  private void select() {
    boolean several = Nd4j.getAffinityManager().getNumberOfDevices() > 1;
    if (several && Nd4j.getAffinityManager().getDeviceForCurrentThread() != ordinal) {
      Nd4j.getAffinityManager().unsafeSetDevice(ordinal);
    }
  }
}
