package org.sparkmim.model.engine.nd4j;

import java.util.List;

/**
 * Rows in another order, by row numbers that never change: ND4J permutes tensors of rank 5 slowly.
 *
 * @param sources row that goes to each place
 * @param targets place of each row
 */
record RowOrder(Tensor sources, Tensor targets) {
  /**
   * With rows as a tensor of {@code extents}, dimension i of the result is dimension {@code
   * axes[i]}.
   */
  static RowOrder of(Indices indices, List<Integer> extents, List<Integer> axes) {
    int rank = extents.size();
    int[] strides = new int[rank];
    int rows = 1;
    for (int d = rank - 1; d >= 0; d--) {
      strides[d] = rows;
      rows *= extents.get(d);
    }
    int[] sources = new int[rows];
    int[] targets = new int[rows];
    for (int place = 0; place < rows; place++) {
      int rest = place;
      for (int d = rank - 1; d >= 0; d--) {
        int axis = axes.get(d);
        sources[place] += rest % extents.get(axis) * strides[axis];
        rest /= extents.get(axis);
      }
      targets[sources[place]] = place;
    }
    return new RowOrder(indices.constant(sources), indices.constant(targets));
  }
}
