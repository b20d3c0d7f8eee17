package org.sparkmim.job.demo;

import java.util.Locale;

/**
 * The eight classes of the demo: every solid and every pattern occurs twice, so that neither the
 * outline nor the texture alone tells the class.
 */
enum ToyClass {
  BANDED_BALL(Solid.BALL, Pattern.BANDS),
  DOTTED_BALL(Solid.BALL, Pattern.DOTS),
  BARRED_BLOCK(Solid.BLOCK, Pattern.BARS),
  CHECKED_BLOCK(Solid.BLOCK, Pattern.CHECKS),
  BANDED_CONE(Solid.CONE, Pattern.BANDS),
  BARRED_CONE(Solid.CONE, Pattern.BARS),
  CHECKED_DRUM(Solid.DRUM, Pattern.CHECKS),
  DOTTED_DRUM(Solid.DRUM, Pattern.DOTS);

  final Solid solid;
  final Pattern pattern;

  ToyClass(Solid solid, Pattern pattern) {
    this.solid = solid;
    this.pattern = pattern;
  }

  /** Name of the class folder, such as {@code banded-ball}. */
  String folder() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
