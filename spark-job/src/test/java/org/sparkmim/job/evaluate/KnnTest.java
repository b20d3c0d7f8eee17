package org.sparkmim.job.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KnnTest {

  /** Cosines with the query (1, 0): 1, 0.8, 0.8, 0. */
  private static final FeatureBlock FOUR =
      new FeatureBlock(
          2,
          new float[] {5, 0, 4, 3, 8, -6, 0, 2},
          new int[] {0, 1, 1, 2},
          new long[] {10, 11, 12, 13});

  @Test
  void votesAreWeightedByTheExponentialOfTheCosine() {
    FeatureBlock query = queries(1, 0);

    // One vote of exp(1/T) against two of exp(0.8/T): the two win only while exp(0.2/T) < 2.
    assertThat(new Knn(3, 0.07).classify(query, FOUR, 3)).containsExactly(0);
    assertThat(new Knn(3, 1.0).classify(query, FOUR, 3)).containsExactly(1);
    assertThat(new Knn(3, 0.2 / Math.log(2) * 1.01).classify(query, FOUR, 3)).containsExactly(1);
    assertThat(new Knn(3, 0.2 / Math.log(2) * 0.99).classify(query, FOUR, 3)).containsExactly(0);
  }

  @Test
  void lengthOfAFeatureDoesNotMatter() {
    assertThat(new Knn(1, 0.07).classify(queries(0.01f, 0.0001f), FOUR, 3)).containsExactly(0);
    assertThat(new Knn(1, 0.07).classify(queries(0, 900), FOUR, 3)).containsExactly(2);
  }

  @Test
  void tiesGoToTheLowerIdAndTheLowerClass() {
    Neighbours two = new Knn(2, 0.07).search(queries(1, 0).unitRows(), FOUR.unitRows());
    FeatureBlock twins =
        new FeatureBlock(2, new float[] {1, 0, 1, 0}, new int[] {4, 3}, new long[] {1, 2});

    assertThat(two.ids()).containsExactly(10, 11);
    assertThat(new Knn(2, 0.07).classify(queries(1, 0), twins, 5)).containsExactly(3);
  }

  @Test
  void moreNeighboursThanCandidatesAreNoTrouble() {
    assertThat(new Knn(20, 0.07).classify(queries(1, 0), FOUR, 3)).containsExactly(0);
  }

  @Test
  void zeroFeatureIsFarFromEverything() {
    assertThat(new Knn(4, 1.0).classify(queries(0, 0), FOUR, 3)).containsExactly(1);
  }

  @Test
  void sharesOfTheCandidatesMergeToTheWholeInAnyOrder() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    FeatureBlock queries = random(random, 7, 13, 0);
    FeatureBlock all = random(random, 1300, 13, 100);
    Knn knn = new Knn(9, 0.07);

    Neighbours whole = knn.search(queries, all);
    Neighbours merged =
        knn.search(queries, slice(all, 700, 1300))
            .merge(knn.search(queries, slice(all, 0, 3)))
            .merge(knn.search(queries, slice(all, 3, 700)));

    assertThat(merged.ids()).as("seed %d", seed).isEqualTo(whole.ids());
    assertThat(whole.ids()).as("seed %d", seed).isEqualTo(bruteForce(queries, all, 9));
  }

  @Test
  void refusesSenselessSettings() {
    assertThatThrownBy(() -> new Knn(0, 0.07)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Knn(20, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static FeatureBlock queries(float... xy) {
    return new FeatureBlock(2, xy, new int[xy.length / 2], new long[xy.length / 2]);
  }

  private static FeatureBlock random(Random random, int rows, int dim, long firstId) {
    float[] values = new float[rows * dim];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    int[] labels = IntStream.range(0, rows).map(i -> i % 5).toArray();
    long[] ids = IntStream.range(0, rows).mapToLong(i -> firstId + i).toArray();
    return new FeatureBlock(dim, values, labels, ids).unitRows();
  }

  private static FeatureBlock slice(FeatureBlock b, int from, int to) {
    return new FeatureBlock(
        b.dim(),
        Arrays.copyOfRange(b.values(), from * b.dim(), to * b.dim()),
        Arrays.copyOfRange(b.labels(), from, to),
        Arrays.copyOfRange(b.ids(), from, to));
  }

  private static long[] bruteForce(FeatureBlock queries, FeatureBlock all, int k) {
    return IntStream.range(0, queries.size())
        .boxed()
        .flatMap(
            q ->
                IntStream.range(0, all.size())
                    .boxed()
                    .sorted(Comparator.comparingDouble(c -> -dot(queries, q, all, c)))
                    .limit(k))
        .mapToLong(c -> all.ids()[c])
        .toArray();
  }

  private static double dot(FeatureBlock a, int row, FeatureBlock b, int other) {
    double sum = 0;
    for (int d = 0; d < a.dim(); d++) {
      sum += (double) a.values()[row * a.dim() + d] * b.values()[other * b.dim() + d];
    }
    return sum;
  }
}
