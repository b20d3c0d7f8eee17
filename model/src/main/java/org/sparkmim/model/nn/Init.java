package org.sparkmim.model.nn;

/** How a parameter starts. */
public sealed interface Init {
  /** Xavier uniform: bound {@code sqrt(6 / (fanIn + fanOut))}. */
  record Xavier(int fanIn, int fanOut) implements Init {}

  /** Uniform on {@code [-bound, bound)}. */
  record Uniform(double bound) implements Init {}

  /** Normal with mean 0, not truncated. */
  record Normal(double deviation) implements Init {}

  /**
   * Normal with mean 0 whose numbers beyond {@code [-2, 2]} are drawn again: the published {@code
   * trunc_normal_(std)} of timm and mmengine, whose bounds are absolute and not multiples of the
   * deviation. With the papers' deviations, 0.02 and below, nothing is ever cut.
   */
  record TruncatedNormal(double deviation) implements Init {
    /** Largest magnitude. */
    public static final double BOUND = 2;
  }

  /** {@code 1 + added} on the diagonal of a matrix, {@code added} elsewhere. */
  record Identity(float added) implements Init {}

  /** The same number everywhere. */
  record Constant(float value) implements Init {}
}
