package org.sparkmim.model.engine.cuda;

/**
 * A place in device memory.
 *
 * @param offset bytes from the start of the region
 */
record Address(Region region, long offset) {
  Address plus(long bytes) {
    return new Address(region, offset + bytes);
  }

  /** The pointer, once the region is bound. */
  long value() {
    return region.base() + offset;
  }
}
