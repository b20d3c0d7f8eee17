package org.sparkmim.job.evaluate;

import java.io.Serializable;
import java.util.Arrays;

/**
 * For each of Q queries its nearest candidates so far, nearest first: by falling similarity, then
 * by rising id, so that the result does not depend on the order in which candidates were seen.
 *
 * @param k places per query; unused ones hold {@code Float.NEGATIVE_INFINITY} and label -1
 * @param similarities [Q, k]
 * @param labels [Q, k]
 * @param ids [Q, k]
 */
record Neighbours(int k, float[] similarities, int[] labels, long[] ids) implements Serializable {

  static Neighbours none(int queries, int k) {
    float[] similarities = new float[Math.multiplyExact(queries, k)];
    int[] labels = new int[queries * k];
    long[] ids = new long[queries * k];
    Arrays.fill(similarities, Float.NEGATIVE_INFINITY);
    Arrays.fill(labels, -1);
    Arrays.fill(ids, Long.MAX_VALUE);
    return new Neighbours(k, similarities, labels, ids);
  }

  /** Puts one candidate in its place if it is among the k nearest of a query. */
  void offer(int query, float similarity, int label, long id) {
    int last = query * k + k - 1;
    if (!before(similarity, id, last)) {
      return;
    }
    int at = last;
    for (; at > query * k && before(similarity, id, at - 1); at--) {
      similarities[at] = similarities[at - 1];
      labels[at] = labels[at - 1];
      ids[at] = ids[at - 1];
    }
    similarities[at] = similarity;
    labels[at] = label;
    ids[at] = id;
  }

  private boolean before(float similarity, long id, int at) {
    return similarity > similarities[at] || (similarity == similarities[at] && id < ids[at]);
  }

  /** Takes over the candidates of another share of the data for the same queries. */
  Neighbours merge(Neighbours other) {
    for (int i = 0; i < other.ids.length; i++) {
      if (other.labels[i] >= 0) {
        offer(i / k, other.similarities[i], other.labels[i], other.ids[i]);
      }
    }
    return this;
  }
}
