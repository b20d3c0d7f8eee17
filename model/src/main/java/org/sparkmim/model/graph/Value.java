package org.sparkmim.model.graph;

import java.util.Arrays;
import org.sparkmim.model.nn.Init;

/**
 * A tensor of fixed shape in a {@link Graph}. Row-major; the last dimension is the width of a row.
 *
 * <p>Identity is by instance: two values of equal shape are two tensors.
 */
public final class Value {
  /** Where the numbers of a value come from. */
  public enum Role {
    /** Floats written before each forward pass. */
    INPUT,
    /** Integers written before each forward pass. */
    INDEX,
    /** Trained; a range of the flat parameter vector. */
    PARAMETER,
    /** Fixed when the graph is built. */
    CONSTANT,
    /** Written by an operation. */
    RESULT
  }

  private final int id;
  private final String name;
  private final Role role;
  private final int[] shape;
  private final boolean differentiable;
  private final Init init;
  private final float[] constant;

  Value(
      int id,
      String name,
      Role role,
      int[] shape,
      boolean differentiable,
      Init init,
      float[] constant) {
    for (int extent : shape) {
      if (extent <= 0) {
        throw new IllegalArgumentException(name + ": empty shape " + Arrays.toString(shape));
      }
    }
    this.id = id;
    this.name = name;
    this.role = role;
    this.shape = shape.clone();
    this.differentiable = differentiable;
    this.init = init;
    this.constant = constant;
  }

  /** Position of this value in {@link Graph#values()}. */
  public int id() {
    return id;
  }

  public String name() {
    return name;
  }

  public Role role() {
    return role;
  }

  public int[] shape() {
    return shape.clone();
  }

  /** Whether a loss can depend on a parameter through this value. */
  public boolean differentiable() {
    return differentiable;
  }

  /** How a {@link Role#PARAMETER} starts. */
  public Init init() {
    return init;
  }

  /** The numbers of a {@link Role#CONSTANT}; not to be changed. */
  public float[] constant() {
    return constant;
  }

  /** Extent of the last dimension. */
  public int width() {
    return shape[shape.length - 1];
  }

  /** Number of rows of {@link #width()} elements. */
  public int rows() {
    return Math.toIntExact(size() / width());
  }

  /** Extent of dimension {@code axis}. */
  public int extent(int axis) {
    return shape[axis];
  }

  public int rank() {
    return shape.length;
  }

  /** Number of elements. */
  public long size() {
    long n = 1;
    for (int extent : shape) {
      n = Math.multiplyExact(n, (long) extent);
    }
    return n;
  }

  /**
   * Refuses to take this for another kind of value.
   *
   * @throws IllegalArgumentException if its role is another
   */
  public void requireRole(Role other) {
    if (role != other) {
      throw new IllegalArgumentException(this + " is no " + other + " but a " + role);
    }
  }

  /**
   * Refuses an array that is too short for this value.
   *
   * @throws IllegalArgumentException if {@code length} is below {@link #size()}
   */
  public void requireLength(int length) {
    if (length < size()) {
      throw new IllegalArgumentException(this + " does not fit an array of " + length);
    }
  }

  @Override
  public String toString() {
    return name + Arrays.toString(shape);
  }
}
