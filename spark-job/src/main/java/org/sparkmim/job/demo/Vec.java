package org.sparkmim.job.demo;

/** A point, a direction or a linear RGB colour of the demo's scenes. */
record Vec(double x, double y, double z) {

  static final Vec UP = new Vec(0, 1, 0);

  Vec plus(Vec o) {
    return new Vec(x + o.x, y + o.y, z + o.z);
  }

  Vec minus(Vec o) {
    return new Vec(x - o.x, y - o.y, z - o.z);
  }

  Vec times(double s) {
    return new Vec(x * s, y * s, z * s);
  }

  /** Component-wise product: light of one colour on a surface of another. */
  Vec tint(Vec o) {
    return new Vec(x * o.x, y * o.y, z * o.z);
  }

  double dot(Vec o) {
    return x * o.x + y * o.y + z * o.z;
  }

  Vec cross(Vec o) {
    return new Vec(y * o.z - z * o.y, z * o.x - x * o.z, x * o.y - y * o.x);
  }

  Vec unit() {
    return times(1 / Math.sqrt(dot(this)));
  }

  /** Straight line from this ({@code t = 0}) to {@code o} ({@code t = 1}). */
  Vec mix(Vec o, double t) {
    return new Vec(x + (o.x - x) * t, y + (o.y - y) * t, z + (o.z - z) * t);
  }

  /** Turned about the vertical axis, given the cosine and sine of the angle. */
  Vec turned(double cos, double sin) {
    return new Vec(cos * x + sin * z, y, cos * z - sin * x);
  }
}
