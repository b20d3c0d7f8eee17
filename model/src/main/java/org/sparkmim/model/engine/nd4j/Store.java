package org.sparkmim.model.engine.nd4j;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One array of a program. It is planned first and allocated once, so that the memory of a program
 * is known before any is taken.
 */
final class Store implements AutoCloseable {
  /** Elements; of what a cache line of a CPU and a transaction of a GPU holds. */
  private static final long ALIGNMENT = 32;

  private final DataType type;
  private long next;
  private long size;
  private INDArray memory;

  Store(DataType type) {
    this.type = type;
  }

  /** Room behind what was taken before. */
  Tensor take(long... shape) {
    Tensor tensor = Tensor.dense(this, next, shape);
    next += (tensor.size() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    reserve(next);
    return tensor;
  }

  /** Makes it at least that many elements long. */
  void reserve(long elements) {
    size = Math.max(size, elements);
  }

  /** What was taken may be taken again. */
  void reuse() {
    next = 0;
  }

  DataType type() {
    return type;
  }

  long bytes() {
    return size * type.width();
  }

  /** Takes the memory, all zeros, outside of any workspace of DL4J. */
  void allocate() {
    if (memory == null && size > 0) {
      memory = Nd4j.createUninitializedDetached(type, size);
      memory.assign(0);
    }
  }

  /** All of it. */
  INDArray memory() {
    return memory;
  }

  @Override
  public void close() {
    if (memory != null && memory.closeable()) {
      memory.close();
    }
    memory = null;
  }
}
