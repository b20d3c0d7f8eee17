package org.sparkmim.model.engine.cuda;

/**
 * A block of device memory that is planned before it is allocated: it grows while tasks are made,
 * and has a place from {@link #bind} on.
 */
final class Region {
  /** What vector loads and cuBLASLt's fastest algorithms want. */
  private static final long ALIGNMENT = 256;

  private long bytes;
  private long base;

  long bytes() {
    return bytes;
  }

  /** Room for {@code count} bytes behind what was taken so far. */
  Address take(long count) {
    Address address = new Address(this, bytes);
    bytes = align(bytes + count);
    return address;
  }

  /** Makes sure that there are {@code count} bytes from the start. */
  void reserve(long count) {
    bytes = Math.max(bytes, align(count));
  }

  Address start() {
    return new Address(this, 0);
  }

  /** Says where the block was allocated. */
  void bind(long base) {
    this.base = base;
  }

  long base() {
    return base;
  }

  static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
