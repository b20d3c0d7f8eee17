package org.sparkmim.job.round;

import java.util.Map;
import java.util.TreeMap;

/** Settings of a model that trains in milliseconds: 16 patches of 8 pixels, four narrow blocks. */
final class TinyModel {
  private static final Map<String, String> MODEL =
      Map.of(
          "model.arch", "custom",
          "model.image-size", "32",
          "model.patch-size", "8",
          "model.width", "16",
          "model.depth", "4",
          "model.heads", "2",
          "model.decoder.width", "16",
          "model.decoder.heads", "2",
          "model.taps", "[0, 1, 2, 3]");

  private TinyModel() {}

  /** The model's keys and these, in the order of their names. */
  @SafeVarargs
  static Map<String, String> with(Map.Entry<String, String>... others) {
    Map<String, String> all = new TreeMap<>(MODEL);
    for (Map.Entry<String, String> other : others) {
      all.put(other.getKey(), other.getValue());
    }
    return all;
  }
}
