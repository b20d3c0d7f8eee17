package org.sparkmim.model.engine;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The trained state as flat little-endian float32 vectors of equal length outside the Java heap:
 * parameters, their gradients, and Adam's first and second moments.
 *
 * <p>The memory may belong to somebody else (DL4J's flattened arrays); {@link #close()} frees only
 * what {@link #allocate} took.
 *
 * <p>An engine may work on a {@link Mirror} of its own, on a device. Whoever asks for a vector gets
 * what the mirror has by then, and may change it; so ask anew after every pass, and keep no vector.
 */
public final class ParameterVectors implements AutoCloseable {
  private final long size;
  private final FloatPointer parameters;
  private final FloatPointer gradients;
  private final FloatPointer firstMoment;
  private final FloatPointer secondMoment;
  private final boolean owned;
  private Mirror newer;
  private boolean touched = true;

  /** The vectors in an engine's own memory. */
  public interface Mirror {
    /** Writes to the vectors what the engine changed. */
    void fetch(ParameterVectors to);
  }

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
    meet();
    return parameters;
  }

  public FloatPointer gradients() {
    meet();
    return gradients;
  }

  public FloatPointer firstMoment() {
    meet();
    return firstMoment;
  }

  public FloatPointer secondMoment() {
    meet();
    return secondMoment;
  }

  /**
   * Whether somebody may have changed the vectors since an engine asked last: it must read them
   * anew. Vectors of somebody else may change at any time.
   */
  public synchronized boolean takeChanges() {
    boolean changed = touched || !owned;
    touched = false;
    return changed;
  }

  /** Says that a mirror is newer from now on, until somebody asks for a vector. */
  public synchronized void changedIn(Mirror mirror) {
    newer = mirror;
    if (!owned) {
      meet();
    }
  }

  private synchronized void meet() {
    Mirror from = newer;
    newer = null;
    if (from != null) {
      from.fetch(this);
    }
    touched = true;
  }

  @Override
  public void close() {
    newer = null;
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
