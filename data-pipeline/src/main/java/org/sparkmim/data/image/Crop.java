package org.sparkmim.data.image;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sparkmim.data.DataException;

/** How a pre-training crop of S x S pixels is taken out of a picture. */
public enum Crop {
  /** A box of random area and aspect ratio, resized: RandomResizedCrop of torchvision. */
  RANDOM_RESIZED,
  /**
   * The short side resized to S, 4 mirrored pixels put around, an S x S crop of that (PixMIM, arXiv
   * 2303.02416, and MFF; methods 3.2).
   */
  SIMPLE;

  /** Pixels that {@link #SIMPLE} puts around a picture. */
  static final int PADDING = 4;

  static Crop from(String name) {
    return Arrays.stream(values())
        .filter(crop -> crop.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                DataException.argument(
                    "data.augment.crop must be %s, got %s",
                    String.join(" or ", List.of(values()).stream().map(Crop::toString).toList()),
                    name));
  }

  /** As it is written in a recipe. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
