package org.sparkmim.model.engine.cuda;

/** Type of the numbers of a buffer on the device. */
enum Type {
  F32(4),
  BF16(2),
  S32(4);

  private final int bytes;

  Type(int bytes) {
    this.bytes = bytes;
  }

  /** Of {@code count} numbers. */
  long bytes(long count) {
    return count * bytes;
  }
}
