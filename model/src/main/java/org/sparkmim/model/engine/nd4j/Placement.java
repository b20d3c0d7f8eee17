package org.sparkmim.model.engine.nd4j;

import java.util.Arrays;
import org.sparkmim.model.graph.Value;

/**
 * Rows put back in their places, with something else in the gaps. Forward gathers from the rows
 * behind which the fillers lie; backward gathers for every row from the place it went to, and sums
 * the gaps by a product with their ones and zeros: nothing is scattered, so nothing depends on the
 * order of threads.
 *
 * @param source row of the table for every place
 * @param target place of every row
 * @param gaps 1 for a place with a filler, else 0
 */
record Placement(Tensor source, Tensor target, Tensor gaps) {
  /** Tells where the places of a batch are filled from. */
  @FunctionalInterface
  interface Sources {
    void fill(int[] index, int[] sources);
  }

  /**
   * @param rows that are put, each once; the table holds fillers from there on
   */
  static Placement of(Indices indices, Value index, int places, int rows, Sources sources) {
    int[] scratch = new int[places];
    return new Placement(
        indices.rows(index, places, sources::fill),
        indices.rows(
            index,
            rows,
            (numbers, targets) -> {
              sources.fill(numbers, scratch);
              Arrays.fill(targets, 0);
              for (int place = 0; place < places; place++) {
                if (scratch[place] < rows) {
                  targets[scratch[place]] = place;
                }
              }
            }),
        indices.weights(
            index,
            places,
            (numbers, weights) -> {
              sources.fill(numbers, scratch);
              for (int place = 0; place < places; place++) {
                weights[place] = scratch[place] < rows ? 0 : 1;
              }
            }));
  }

  /** Adds up the rows of the gaps. */
  void sumGaps(Emission e, Tensor places, Tensor sum, double beta) {
    e.product(gaps.as(1, gaps.size()), places, sum.as(1, sum.size()), 1, beta);
  }
}
