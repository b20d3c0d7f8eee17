package org.sparkmim.model.engine.nd4j;

import org.nd4j.linalg.api.buffer.DataType;

/**
 * A way out for a value in the arena: its elements are copied to a store of their own first, so
 * that a GPU does not send the whole arena to the host.
 */
final class Outlet implements AutoCloseable {
  private final Store store = new Store(DataType.FLOAT);
  private final Tape tape = new Tape();

  Outlet(Tensor value) {
    Arithmetic arithmetic = new Arithmetic();
    arithmetic.onto(tape);
    arithmetic.copy(value, store.take(value.size()));
    tape.close("copy out");
    store.allocate();
    tape.bind();
  }

  void read(float[] destination, int length) {
    tape.run();
    new HostAccess(store.memory()).read(destination, length);
  }

  @Override
  public void close() {
    store.close();
  }
}
