package org.sparkmim.model.nn;

import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.sparkmim.model.engine.OffHeap;

/** Draws the start of a parameter: a pure function of seed, name and {@link Init}. */
public final class InitialValues {
  private static final int TILE = 4096;

  private InitialValues() {}

  /** Draws the numbers of all parameters into a vector of that layout. */
  public static void draw(ParameterLayout layout, long seed, OffHeap parameters) {
    float[] tile = new float[TILE];
    for (ParameterLayout.Entry entry : layout.entries()) {
      DoubleSupplier numbers = numbers(entry, seed);
      for (long at = 0; at < entry.size(); at += TILE) {
        int length = (int) Math.min(TILE, entry.size() - at);
        for (int i = 0; i < length; i++) {
          tile[i] = (float) numbers.getAsDouble();
        }
        parameters.put(entry.offset() + at, tile, length);
      }
    }
  }

  private static DoubleSupplier numbers(ParameterLayout.Entry entry, long seed) {
    SplittableRandom random = new SplittableRandom(seed ^ hash(entry.name()));
    Init init = entry.init();
    if (init instanceof Init.Constant constant) {
      return constant::value;
    } else if (init instanceof Init.Identity identity) {
      return diagonal(entry.shape().get(entry.shape().size() - 1), identity.added());
    } else if (init instanceof Init.Normal normal) {
      return () -> gaussian(random) * normal.deviation();
    }
    double bound =
        init instanceof Init.Xavier xavier
            ? StrictMath.sqrt(6.0 / (xavier.fanIn() + xavier.fanOut()))
            : ((Init.Uniform) init).bound();
    return () -> (2 * random.nextDouble() - 1) * bound;
  }

  private static DoubleSupplier diagonal(int columns, double added) {
    long[] at = new long[1];
    return () -> {
      long element = at[0]++;
      return element / columns == element % columns ? 1 + added : added;
    };
  }

  private static double gaussian(SplittableRandom random) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
    return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
  }

  /** FNV-1a, so that names of equal {@code hashCode} still differ. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
