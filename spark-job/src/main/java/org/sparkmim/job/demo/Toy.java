package org.sparkmim.job.demo;

import java.util.SplittableRandom;

/** One printed solid on the ground of a scene. */
record Toy(
    Solid solid,
    Pattern pattern,
    Vec place,
    double size,
    double turnCos,
    double turnSin,
    double slant,
    double stripes,
    double phase,
    Vec paper,
    Vec ink,
    long grain) {

  private static final double FULL_TURN = 2 * Math.PI;

  static Toy random(
      Solid solid,
      Pattern pattern,
      Vec place,
      double size,
      Vec[] colours,
      SplittableRandom random) {
    double turn = random.nextDouble() * FULL_TURN;
    return new Toy(
        solid,
        pattern,
        place,
        size,
        StrictMath.cos(turn),
        StrictMath.sin(turn),
        random.nextDouble(-0.12, 0.12),
        random.nextDouble(3.4, 4.8),
        random.nextDouble(),
        colours[0],
        colours[1],
        random.nextLong());
  }

  /** Centre of the ball around the toy, for a quick rejection of rays. */
  Vec centre() {
    return place.plus(Vec.UP.times(size * 1.1));
  }

  /** Radius of that ball. */
  double reach() {
    return size * 1.4;
  }

  /** Whether the ray passes within {@link #reach()} of {@link #centre()} ahead of its start. */
  boolean near(Vec from, Vec along) {
    Vec to = centre().minus(from);
    double b = to.dot(along);
    double reach2 = reach() * reach();
    double distance2 = to.dot(to);
    return distance2 < reach2 || (b > 0 && distance2 - b * b < reach2);
  }

  Solid.Hit intersect(Vec from, Vec along) {
    if (!near(from, along)) {
      return null;
    }
    Vec o = from.minus(place).times(1 / size).turned(turnCos, turnSin);
    Solid.Hit hit = solid.intersect(o, along.turned(turnCos, turnSin));
    if (hit == null) {
      return null;
    }
    return new Solid.Hit(
        hit.distance() * size, hit.normal().turned(turnCos, -turnSin), hit.u(), hit.v());
  }

  /** Colour of the surface at a hit: the print, its edges a little worn, under stains. */
  Vec albedo(Solid.Hit hit) {
    double wobble = (Noise.value(hit.u() * 5, hit.v() * 5, grain) - 0.5) * 0.35;
    double u = hit.u() * stripes + slant * hit.v() * stripes + phase + wobble;
    double v = hit.v() * stripes + slant * hit.u() + phase + wobble;
    double stain = 0.8 + 0.4 * Noise.fractal(hit.u() * 3, hit.v() * 3, 3, grain + 7);
    return (pattern.inked(u, v) ? ink : paper).times(stain);
  }
}
