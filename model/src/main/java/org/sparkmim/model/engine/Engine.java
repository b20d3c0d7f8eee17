package org.sparkmim.model.engine;

import org.sparkmim.model.graph.Graph;

/** Compiles graphs into programs for one kind of hardware. */
public interface Engine {
  /** Name as in the configuration: {@code reference}, {@code onednn}, {@code nd4j}. */
  String name();

  /**
   * Plans every buffer of a graph and prepares its kernels.
   *
   * @param state parameters and gradients that the program reads and writes; one range for each of
   *     {@code graph.parameters()}, in order. Not owned by the program.
   * @param options what the program is for
   */
  Program compile(Graph graph, ParameterVectors state, Options options);

  /**
   * Bytes that {@link #compile} would take beside {@code state}, without taking them: activations,
   * their gradients, room for packed operands. Small change for kernels is not counted.
   */
  long plannedBytes(Graph graph, Options options);

  /**
   * What a program is for.
   *
   * @param training whether {@link Program#backward()} will be called
   * @param inspectable whether every labelled value must be readable after a pass
   * @param precision arithmetic of matrix products
   */
  record Options(boolean training, boolean inspectable, Precision precision) {}
}
