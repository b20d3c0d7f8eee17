package org.sparkmim.model.engine.cuda;

/** Memory for what lives within one operation. */
final class Scratch {
  private final Region region = new Region();
  private long top;

  Region region() {
    return region;
  }

  /** The next operation begins. */
  void reset() {
    top = 0;
  }

  Data take(long elements, Type type) {
    Address at = region.start().plus(top);
    top = Region.align(top + type.bytes(elements));
    region.reserve(top);
    return new Data(at, type);
  }

  Address floats(long elements) {
    return take(elements, Type.F32).at();
  }
}
