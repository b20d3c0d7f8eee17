package org.sparkmim.model.engine;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The trained state as flat little-endian float32 vectors of equal length outside the Java heap:
 * parameters, their gradients, and Adam's first and second moments.
 *
 * <p>The memory may belong to somebody else (DL4J's flattened arrays); {@link #close()} frees only
 * what {@link #allocate} took.
 */
public final class ParameterVectors implements AutoCloseable {
  private final long size;
  private final FloatPointer parameters;
  private final FloatPointer gradients;
  private final FloatPointer firstMoment;
  private final FloatPointer secondMoment;
  private final boolean owned;

  private ParameterVectors(
      long size,
      FloatPointer parameters,
      FloatPointer gradients,
      FloatPointer firstMoment,
      FloatPointer secondMoment,
      boolean owned) {
    this.size = size;
    this.parameters = parameters;
    this.gradients = gradients;
    this.firstMoment = firstMoment;
    this.secondMoment = secondMoment;
    this.owned = owned;
  }

  /** Fresh vectors of {@code size} zeros each. */
  public static ParameterVectors allocate(long size) {
    return new ParameterVectors(size, zeros(size), zeros(size), zeros(size), zeros(size), true);
  }

  /** Parameters alone, all zero, for programs that are not trained; the other vectors are empty. */
  public static ParameterVectors frozen(long size) {
    return new ParameterVectors(
        size, zeros(size), new FloatPointer(), new FloatPointer(), new FloatPointer(), true);
  }

  /** Vectors in memory that somebody else owns. */
  public static ParameterVectors wrap(
      long size,
      FloatPointer parameters,
      FloatPointer gradients,
      FloatPointer firstMoment,
      FloatPointer secondMoment) {
    return new ParameterVectors(size, parameters, gradients, firstMoment, secondMoment, false);
  }

  /** Elements in each vector. */
  public long size() {
    return size;
  }

  public FloatPointer parameters() {
    return parameters;
  }

  public FloatPointer gradients() {
    return gradients;
  }

  public FloatPointer firstMoment() {
    return firstMoment;
  }

  public FloatPointer secondMoment() {
    return secondMoment;
  }

  @Override
  public void close() {
    if (owned) {
      parameters.close();
      gradients.close();
      firstMoment.close();
      secondMoment.close();
    }
  }

  private static FloatPointer zeros(long size) {
    FloatPointer vector = new FloatPointer(size);
    Pointer.memset(vector, 0, size * Float.BYTES);
    return vector;
  }
}
