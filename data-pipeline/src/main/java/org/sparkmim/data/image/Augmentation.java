package org.sparkmim.data.image;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.io.Serializable;
import java.util.List;
import org.sparkmim.data.DataException;

/**
 * How pre-training crops vary.
 *
 * @param crop how a crop is taken; scale and ratio say which boxes of {@link Crop#RANDOM_RESIZED}
 * @param minScale smallest share of the picture's area in a crop, over 0
 * @param maxScale largest share, at most 1
 * @param minRatio smallest width/height of a crop
 * @param maxRatio largest width/height of a crop
 * @param flip whether half of the crops are mirrored left to right
 */
public record Augmentation(
    Crop crop, double minScale, double maxScale, double minRatio, double maxRatio, boolean flip)
    implements Serializable {
  public Augmentation {
    if (!(minScale > 0 && minScale <= maxScale && maxScale <= 1)) {
      throw DataException.argument(
          "data.augment.scale must be two shares of the area, 0 < smallest <= largest <= 1, got"
              + " [%s, %s]",
          minScale, maxScale);
    }
    if (!(minRatio > 0 && minRatio <= maxRatio && maxRatio < Double.POSITIVE_INFINITY)) {
      throw DataException.argument(
          "data.augment.ratio must be two aspect ratios, 0 < smallest <= largest, got [%s, %s]",
          minRatio, maxRatio);
    }
  }

  /**
   * Reads {@code mim.data.augment}.
   *
   * @param mimData the section {@code mim.data}
   * @throws DataException (argument) for values of the wrong kind or outside their range
   */
  public static Augmentation from(Config mimData) {
    try {
      List<Double> scale = pair(mimData, "augment.scale");
      List<Double> ratio = pair(mimData, "augment.ratio");
      return new Augmentation(
          Crop.from(mimData.getString("augment.crop")),
          scale.get(0),
          scale.get(1),
          ratio.get(0),
          ratio.get(1),
          mimData.getBoolean("augment.flip"));
    } catch (ConfigException e) {
      throw new DataException(
          DataException.Kind.ARGUMENT, "Cannot read data.augment: " + e.getMessage(), e);
    }
  }

  private static List<Double> pair(Config mimData, String key) {
    List<Double> numbers = mimData.getDoubleList(key);
    if (numbers.size() != 2) {
      throw DataException.argument(
          "data.%s must hold two numbers, [smallest, largest], got %s", key, numbers);
    }
    return numbers;
  }
}
