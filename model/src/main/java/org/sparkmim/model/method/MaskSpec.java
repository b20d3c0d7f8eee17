package org.sparkmim.model.method;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What is hidden.
 *
 * @param ratio share of hidden patches
 * @param unit side of a unit in pixels; for {@link Strategy#UNITS}
 */
public record MaskSpec(Strategy strategy, double ratio, int unit) implements Serializable {
  /** How hidden patches are chosen. */
  public enum Strategy {
    /** Every patch by itself (MAE). */
    RANDOM,
    /** Squares of several patches (SimMIM, LocalMIM on Swin). */
    UNITS,
    /** Rectangles until enough is hidden (BEiT). */
    BLOCK,
    /** Patches that a teacher attends to are likely to stay (MaskAlign). */
    ATTENTION;

    /** Name in the configuration. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Strategy of(String key) {
      return Arrays.stream(values()).filter(s -> s.key().equals(key)).findFirst().orElse(null);
    }

    static String keys() {
      return Arrays.stream(values()).map(Strategy::key).collect(Collectors.joining(", "));
    }
  }

  void check(int imageSize, int patchSize) {
    Rules.require(
        ratio > 0 && ratio < 1,
        "model.mask-ratio",
        ratio,
        "must lie between 0 and 1, both excluded; the papers use 0.75");
    if (strategy == Strategy.UNITS) {
      Rules.require(
          unit >= patchSize && unit % patchSize == 0 && imageSize % unit == 0,
          "model.masking.unit",
          unit,
          "must be a multiple of model.patch-size = "
              + patchSize
              + " that divides model.image-size = "
              + imageSize);
    }
    int tokens = (imageSize / patchSize) * (imageSize / patchSize);
    int kept = keep(imageSize, patchSize);
    Rules.require(
        kept >= 1 && kept < tokens,
        "model.mask-ratio",
        ratio,
        "leaves " + kept + " of " + tokens + " patches visible; at least 1 must be, not all");
  }

  /**
   * Visible patches K: {@code (int) (L * (1 - ratio))} in double precision; with units, {@code
   * (int) (ratio * units) + 1} of them are hidden, as LocalMIM's code does on Swin (methods 2.11).
   */
  int keep(int imageSize, int patchSize) {
    int grid = imageSize / patchSize;
    if (strategy != Strategy.UNITS) {
      return (int) (grid * grid * (1 - ratio));
    }
    int across = imageSize / unit;
    int patchesOfUnit = (unit / patchSize) * (unit / patchSize);
    return (across * across - (int) (ratio * across * across) - 1) * patchesOfUnit;
  }
}
