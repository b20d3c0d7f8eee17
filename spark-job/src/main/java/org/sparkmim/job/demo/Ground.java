package org.sparkmim.job.demo;

/** What the toys stand on; a nuisance, drawn independently of the class. */
enum Ground {
  WOOD {
    @Override
    double shade(double x, double z, long seed) {
      double plank = Math.floor(x * 1.1);
      double tone = 0.75 + 0.5 * Noise.lattice((long) plank, 0, seed);
      double gap = x * 1.1 - plank < 0.05 ? 0.45 : 1;
      return gap * tone * (0.7 + 0.6 * Noise.fractal(x * 9, z * 0.8 + plank * 17, 3, seed));
    }
  },
  TILES {
    @Override
    double shade(double x, double z, long seed) {
      double fx = x * 0.8 - Math.floor(x * 0.8);
      double fz = z * 0.8 - Math.floor(z * 0.8);
      double joint = fx < 0.06 || fz < 0.06 ? 0.5 : 1;
      return joint * (0.85 + 0.3 * Noise.fractal(x * 3, z * 3, 3, seed));
    }
  },
  GRAVEL {
    @Override
    double shade(double x, double z, long seed) {
      double stones = Noise.value(x * 8, z * 8, seed) * Noise.value(x * 13, z * 13, seed + 3);
      return 0.5 + 1.6 * stones;
    }
  },
  CLOTH {
    @Override
    double shade(double x, double z, long seed) {
      double folds = Noise.fractal(x * 0.9, z * 1.7, 3, seed);
      return 0.55 + 0.9 * folds + 0.12 * (Noise.value(x * 30, z * 30, seed + 5) - 0.5);
    }
  },
  SAND {
    @Override
    double shade(double x, double z, long seed) {
      double ripple = Noise.value(x * 1.5 + 2 * Noise.value(x, z, seed), z * 5, seed + 2);
      return 0.75 + 0.35 * ripple + 0.3 * (Noise.value(x * 25, z * 25, seed + 4) - 0.5);
    }
  },
  GRASS {
    @Override
    double shade(double x, double z, long seed) {
      return 0.3 + 1.3 * Noise.fractal(x * 11, z * 4, 3, seed) * Noise.value(x, z, seed + 6);
    }
  };

  /** Brightness of the ground at a point, about 1 on average. */
  abstract double shade(double x, double z, long seed);
}
