package org.sparkmim.job.demo;

/** Bodies of about unit radius that stand on the plane {@code y = 0} around the origin. */
enum Solid {
  BALL {
    @Override
    Hit intersect(Vec from, Vec along) {
      Vec o = from.minus(Vec.UP);
      double b = o.dot(along);
      double root = b * b - o.dot(o) + 1;
      if (root < 0) {
        return null;
      }
      double t = -b - Math.sqrt(root);
      if (t < NEAR) {
        return null;
      }
      Vec n = o.plus(along.times(t));
      double latitude = StrictMath.asin(Math.max(-1, Math.min(1, n.y())));
      return new Hit(t, n, StrictMath.atan2(n.z(), n.x()), latitude);
    }
  },
  BLOCK {
    @Override
    Hit intersect(Vec from, Vec along) {
      double tx0 = (-BLOCK_HALF - from.x()) / along.x();
      double tx1 = (BLOCK_HALF - from.x()) / along.x();
      double ty0 = -from.y() / along.y();
      double ty1 = (2 * BLOCK_HALF - from.y()) / along.y();
      double tz0 = (-BLOCK_HALF - from.z()) / along.z();
      double tz1 = (BLOCK_HALF - from.z()) / along.z();
      double x = Math.min(tx0, tx1);
      double y = Math.min(ty0, ty1);
      double z = Math.min(tz0, tz1);
      double t = Math.max(x, Math.max(y, z));
      double leave = Math.min(Math.max(tx0, tx1), Math.min(Math.max(ty0, ty1), Math.max(tz0, tz1)));
      if (!(t < leave) || t < NEAR) {
        return null;
      }
      Vec p = from.plus(along.times(t));
      if (t == x) {
        return new Hit(t, new Vec(-Math.signum(along.x()), 0, 0), p.z(), p.y());
      }
      if (t == z) {
        return new Hit(t, new Vec(0, 0, -Math.signum(along.z())), p.x(), p.y());
      }
      return new Hit(t, new Vec(0, -Math.signum(along.y()), 0), p.x(), p.z());
    }
  },
  CONE {
    @Override
    Hit intersect(Vec from, Vec along) {
      // x² + z² = (CONE_SLOPE (CONE_HEIGHT - y))²
      double k = CONE_SLOPE * CONE_SLOPE;
      double h = CONE_HEIGHT - from.y();
      double a = along.x() * along.x() + along.z() * along.z() - k * along.y() * along.y();
      double b = from.x() * along.x() + from.z() * along.z() + k * h * along.y();
      double c = from.x() * from.x() + from.z() * from.z() - k * h * h;
      double root = b * b - a * c;
      if (root < 0 || a == 0) {
        return null;
      }
      double s = Math.sqrt(root);
      double first = Math.min((-b - s) / a, (-b + s) / a);
      double second = Math.max((-b - s) / a, (-b + s) / a);
      double t = onCone(from, along, first) ? first : second;
      if (!onCone(from, along, t)) {
        return null;
      }
      Vec p = from.plus(along.times(t));
      double r = Math.sqrt(p.x() * p.x() + p.z() * p.z());
      Vec n = new Vec(p.x(), CONE_SLOPE * r, p.z()).unit();
      return new Hit(t, n, StrictMath.atan2(p.z(), p.x()), p.y());
    }

    private boolean onCone(Vec from, Vec along, double t) {
      double y = from.y() + t * along.y();
      return t >= NEAR && y >= 0 && y <= CONE_HEIGHT;
    }
  },
  DRUM {
    @Override
    Hit intersect(Vec from, Vec along) {
      double a = along.x() * along.x() + along.z() * along.z();
      double b = from.x() * along.x() + from.z() * along.z();
      double c = from.x() * from.x() + from.z() * from.z() - DRUM_RADIUS * DRUM_RADIUS;
      double root = b * b - a * c;
      if (root < 0) {
        return null;
      }
      double side = (-b - Math.sqrt(root)) / a;
      double y = from.y() + side * along.y();
      if (side >= NEAR && y >= 0 && y <= DRUM_HEIGHT) {
        Vec p = from.plus(along.times(side));
        Vec n = new Vec(p.x() / DRUM_RADIUS, 0, p.z() / DRUM_RADIUS);
        return new Hit(side, n, StrictMath.atan2(p.z(), p.x()), y);
      }
      double lid = (DRUM_HEIGHT - from.y()) / along.y();
      Vec p = from.plus(along.times(lid));
      if (lid < NEAR || p.x() * p.x() + p.z() * p.z() > DRUM_RADIUS * DRUM_RADIUS) {
        return null;
      }
      return new Hit(lid, Vec.UP, p.x(), p.z());
    }
  };

  /** Rays start this far off the surface, so that a shadow ray misses its own origin. */
  static final double NEAR = 1e-4;

  private static final double BLOCK_HALF = 0.85;
  private static final double CONE_HEIGHT = 2.4;
  private static final double CONE_SLOPE = 0.48;
  private static final double DRUM_RADIUS = 0.72;
  private static final double DRUM_HEIGHT = 2.0;

  /**
   * Where a ray first meets the surface, or null where it misses.
   *
   * @param along of unit length
   */
  abstract Hit intersect(Vec from, Vec along);

  /**
   * A point of a surface.
   *
   * @param distance along the ray
   * @param normal outward, of unit length
   * @param u position around the body, about in units of its radius
   * @param v position upwards, in the same units
   */
  record Hit(double distance, Vec normal, double u, double v) {}
}
