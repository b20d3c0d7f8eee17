package org.sparkmim.job.demo;

/** Smooth value noise over the plane: the same values for the same seed on every machine. */
final class Noise {

  private Noise() {}

  /** Sum of {@code octaves} layers, each of twice the frequency and half the height; in [0, 1]. */
  static double fractal(double x, double y, int octaves, long seed) {
    double sum = 0;
    double height = 0.5;
    double total = 0;
    for (int octave = 0; octave < octaves; octave++) {
      sum += height * value(x, y, seed + octave);
      total += height;
      height /= 2;
      x *= 2;
      y *= 2;
    }
    return sum / total;
  }

  /** One layer with a lattice of spacing 1; in [0, 1]. */
  static double value(double x, double y, long seed) {
    double fx = Math.floor(x);
    double fy = Math.floor(y);
    long ix = (long) fx;
    long iy = (long) fy;
    double tx = smooth(x - fx);
    double ty = smooth(y - fy);
    double top = lattice(ix, iy, seed) * (1 - tx) + lattice(ix + 1, iy, seed) * tx;
    double bottom = lattice(ix, iy + 1, seed) * (1 - tx) + lattice(ix + 1, iy + 1, seed) * tx;
    return top * (1 - ty) + bottom * ty;
  }

  /** Uniform in [0, 1) for an integer point. */
  static double lattice(long x, long y, long seed) {
    long h = seed * 0x9E3779B97F4A7C15L + x * 0xBF58476D1CE4E5B9L + y * 0x94D049BB133111EBL;
    h = (h ^ (h >>> 30)) * 0xBF58476D1CE4E5B9L;
    h = (h ^ (h >>> 27)) * 0x94D049BB133111EBL;
    return ((h ^ (h >>> 31)) >>> 11) * 0x1p-53;
  }

  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }
}
