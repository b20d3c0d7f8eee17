package org.sparkmim.model.method;

import java.io.Serializable;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * What is reconstructed.
 *
 * @param bins orientation bins over 180 degrees; for {@link Kind#HOG}
 * @param bias whether a frozen random offset is added to gradients; for {@link Kind#HOG}
 * @param normalise whether each cell is brought to mean 0 and variance 1; for pixels
 * @param radius of the low-pass disc in cycles an image of 224 pixels; for {@link
 *     Kind#LOW_FREQUENCY}
 */
public record TargetSpec(Kind kind, int bins, boolean bias, boolean normalise, double radius)
    implements Serializable {
  /** Kinds of targets. */
  public enum Kind {
    /** Histograms of oriented gradients (LocalMIM). */
    HOG("hog") {
      @Override
      int width(TargetSpec target, int cellSize) {
        return ModelSpec.CHANNELS * target.bins();
      }
    },
    /** Pixels of a cell (MAE). */
    PIXELS("pixels"),
    /** Pixels of the image without its high frequencies (PixMIM). */
    LOW_FREQUENCY("low-frequency"),
    /** Features of a frozen teacher (MaskAlign). */
    TEACHER("teacher");

    private final String key;

    Kind(String key) {
      this.key = key;
    }

    /** Numbers in the target of a cell of that many pixels a side: of most kinds, its pixels. */
    int width(TargetSpec target, int cellSize) {
      return ModelSpec.CHANNELS * cellSize * cellSize;
    }

    /** Name in the configuration. */
    public String key() {
      return key;
    }

    static Kind of(String key) {
      return Arrays.stream(values()).filter(kind -> kind.key.equals(key)).findFirst().orElse(null);
    }

    static String keys() {
      return Arrays.stream(values()).map(Kind::key).collect(Collectors.joining(", "));
    }
  }

  void check() {
    Rules.require(bins >= 1 && bins <= 64, "model.hog.bins", bins, "must lie between 1 and 64");
    Rules.require(
        radius > 0 && radius <= 158,
        "model.target.radius",
        radius,
        "must lie above 0 and be at most 158, which is beyond every frequency; PixMIM uses 40");
  }

  /** Numbers in the target of a cell of that many pixels a side. */
  int width(int cellSize) {
    return kind.width(this, cellSize);
  }
}
