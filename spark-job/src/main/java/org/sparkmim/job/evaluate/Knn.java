package org.sparkmim.job.evaluate;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Weighted nearest-neighbour vote on cosine similarity, as in DINO (Caron et al., 2021): each of
 * the k nearest training samples votes for its class with weight {@code exp(similarity /
 * temperature)}.
 *
 * @param k neighbours that vote, at least 1
 * @param temperature of the votes, above 0
 */
public record Knn(int k, double temperature) implements Serializable {

  /** Candidates compared at a time: their similarities stay in the first-level cache. */
  private static final int TILE = 512;

  /** Checks the ranges. */
  public Knn {
    if (k < 1 || !(temperature > 0)) {
      throw new IllegalArgumentException(
          "Cannot vote with k = %d, temperature = %s".formatted(k, temperature));
    }
  }

  /**
   * The k candidates nearest to each query.
   *
   * @param queries rows of length 1
   * @param candidates rows of length 1
   */
  Neighbours search(FeatureBlock queries, FeatureBlock candidates) {
    Neighbours nearest = Neighbours.none(queries.size(), k);
    float[] columns = new float[queries.dim() * TILE];
    float[] similarities = new float[TILE];
    for (int first = 0; first < candidates.size(); first += TILE) {
      int count = Math.min(TILE, candidates.size() - first);
      transpose(candidates, first, count, columns);
      for (int query = 0; query < queries.size(); query++) {
        compare(queries, query, columns, similarities);
        for (int j = 0; j < count; j++) {
          int candidate = first + j;
          nearest.offer(
              query, similarities[j], candidates.labels()[candidate], candidates.ids()[candidate]);
        }
      }
    }
    return nearest;
  }

  /** The class with the most votes for each query; of equal classes the lowest. */
  int[] vote(Neighbours nearest, int classes) {
    int queries = nearest.ids().length / k;
    int[] winners = new int[queries];
    double[] votes = new double[classes];
    for (int query = 0; query < queries; query++) {
      Arrays.fill(votes, 0);
      double top = nearest.similarities()[query * k];
      for (int i = query * k; i < (query + 1) * k && nearest.labels()[i] >= 0; i++) {
        // Relative to the nearest, so that a low temperature cannot overflow the exponential.
        votes[nearest.labels()[i]] += Math.exp((nearest.similarities()[i] - top) / temperature);
      }
      winners[query] = largest(votes);
    }
    return winners;
  }

  /** The predicted class of each query, with all candidates in one place. */
  int[] classify(FeatureBlock queries, FeatureBlock candidates, int classes) {
    return vote(search(queries.unitRows(), candidates.unitRows()), classes);
  }

  private static void transpose(FeatureBlock block, int first, int count, float[] columns) {
    int dim = block.dim();
    for (int j = 0; j < count; j++) {
      for (int d = 0; d < dim; d++) {
        columns[d * TILE + j] = block.values()[(first + j) * dim + d];
      }
    }
  }

  /** Sums column by column: unlike a dot product, this loop is vectorised by the compiler. */
  private static void compare(
      FeatureBlock queries, int query, float[] columns, float[] similarities) {
    Arrays.fill(similarities, 0);
    for (int d = 0; d < queries.dim(); d++) {
      addScaled(queries.values()[query * queries.dim() + d], columns, d * TILE, similarities);
    }
  }

  private static void addScaled(float scale, float[] from, int at, float[] sum) {
    for (int j = 0; j < TILE; j++) {
      sum[j] += scale * from[at + j];
    }
  }

  private static int largest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
