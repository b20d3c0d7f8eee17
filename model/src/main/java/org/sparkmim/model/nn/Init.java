package org.sparkmim.model.nn;

/** How a parameter starts. */
public sealed interface Init {
  /** Xavier uniform: bound {@code sqrt(6 / (fanIn + fanOut))}. */
  record Xavier(int fanIn, int fanOut) implements Init {}

  /** Uniform on {@code [-bound, bound)}. */
  record Uniform(double bound) implements Init {}

  /** Normal with mean 0, not truncated. */
  record Normal(double deviation) implements Init {}

  /** {@code 1 + added} on the diagonal of a matrix, {@code added} elsewhere. */
  record Identity(float added) implements Init {}

  /** The same number everywhere. */
  record Constant(float value) implements Init {}
}
