package org.sparkmim.model.method;

import org.sparkmim.model.ModelException;

/** How a wrong value of the configuration is refused. */
final class Rules {
  private Rules() {}

  static void require(boolean holds, String key, Object value, String rule) {
    if (!holds) {
      throw new ModelException(
          ModelException.Kind.ARGUMENT, String.format("%s = %s %s.", key, value, rule));
    }
  }

  static void requireWidth(String key, int width, String headsKey, int heads) {
    require(heads >= 1, headsKey, heads, "must be at least 1");
    require(
        width >= 4 && width % 4 == 0,
        key,
        width,
        "must be a multiple of 4, because positions take a quarter each for sine and cosine");
    require(width % heads == 0, headsKey, heads, "must divide " + key + " = " + width);
  }
}
