package org.sparkmim.model.engine.cuda;

/** Arguments of kernels as they lie in memory: little-endian, the low bytes first. */
final class Arguments {
  private Arguments() {}

  static long bits(Object argument) {
    if (argument instanceof Address address) {
      return address.value();
    } else if (argument instanceof Integer number) {
      return number;
    } else if (argument instanceof Long number) {
      return number;
    } else if (argument instanceof Float number) {
      return Integer.toUnsignedLong(Float.floatToRawIntBits(number));
    }
    throw new IllegalArgumentException("no argument of a kernel: " + argument);
  }
}
