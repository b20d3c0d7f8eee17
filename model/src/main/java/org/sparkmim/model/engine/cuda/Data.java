package org.sparkmim.model.engine.cuda;

/** Numbers on the device. */
record Data(Address at, Type type) {
  /** From element {@code elements} on. */
  Data plus(long elements) {
    return new Data(at.plus(type.bytes(elements)), type);
  }
}
