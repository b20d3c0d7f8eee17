package org.sparkmim.job.demo;

/** Two-coloured print on a toy, told apart by the direction of its edges rather than by colour. */
enum Pattern {
  BANDS {
    @Override
    boolean inked(double u, double v) {
      return odd(v);
    }
  },
  BARS {
    @Override
    boolean inked(double u, double v) {
      return odd(u);
    }
  },
  CHECKS {
    @Override
    boolean inked(double u, double v) {
      return odd(u) != odd(v);
    }
  },
  DOTS {
    @Override
    boolean inked(double u, double v) {
      double row = Math.floor(v / 1.4);
      double du = fraction(u / 1.4 + (Math.floorMod((long) row, 2L) == 0 ? 0 : 0.5)) - 0.5;
      double dv = v / 1.4 - row - 0.5;
      return du * du + dv * dv < 0.1;
    }
  },
  PLAIN {
    @Override
    boolean inked(double u, double v) {
      return false;
    }
  };

  /**
   * Whether the point {@code u} (around) and {@code v} (upwards), in stripe widths, has the ink's
   * colour.
   */
  abstract boolean inked(double u, double v);

  private static boolean odd(double t) {
    return ((long) Math.floor(t) & 1) == 1;
  }

  private static double fraction(double t) {
    return t - Math.floor(t);
  }
}
