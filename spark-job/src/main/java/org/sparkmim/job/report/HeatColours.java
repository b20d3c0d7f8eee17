package org.sparkmim.job.report;

import java.awt.Color;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Colours from dark to light, whose lightness grows with the value for whoever sees no hues. */
final class HeatColours {

  private static final Color[] STOPS = {
    new Color(0x1B1440),
    new Color(0x46236E),
    new Color(0x8A2A6B),
    new Color(0xCC4A4E),
    new Color(0xF08A3C),
    new Color(0xF8D36A)
  };

  private HeatColours() {}

  /**
   * A colour.
   *
   * @param share 0 dark to 1 light; what lies outside is taken for the nearer end
   */
  static Color at(double share) {
    double place = Math.max(0, Math.min(1, share)) * (STOPS.length - 1);
    int below = Math.min((int) place, STOPS.length - 2);
    return mix(STOPS[below], STOPS[below + 1], place - below);
  }

  /** {@code share} of the way from one colour to another. */
  static Color mix(Color from, Color to, double share) {
    return new Color(
        (int) Math.round(from.getRed() + share * (to.getRed() - from.getRed())),
        (int) Math.round(from.getGreen() + share * (to.getGreen() - from.getGreen())),
        (int) Math.round(from.getBlue() + share * (to.getBlue() - from.getBlue())));
  }

  /** As style sheets write it. */
  static String css(Color colour) {
    return String.format(Locale.ROOT, "#%06x", colour.getRGB() & 0xFFFFFF);
  }

  /** The whole scale from left to right, as style sheets write it. */
  static String gradient() {
    return IntStream.range(0, STOPS.length)
        .mapToObj(i -> css(STOPS[i]))
        .collect(Collectors.joining(",", "linear-gradient(90deg,", ")"));
  }
}
