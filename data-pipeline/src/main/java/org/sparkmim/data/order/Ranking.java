package org.sparkmim.data.order;

import java.util.Arrays;

/**
 * Ranks tokens by a number each, ascending, ties by index. Keeps its buffer, so that ranking
 * allocates nothing; one a thread.
 */
public final class Ranking {
  private final long[] order;

  /**
   * @param tokens tokens to rank, L
   */
  public Ranking(int tokens) {
    this.order = new long[tokens];
  }

  /**
   * By the noise itself (MAE, arXiv 2111.06377; methods 1.3).
   *
   * @param noise one number a token, from {@code at} on
   * @throws IllegalArgumentException for a NaN
   */
  public Ranking byNoise(float[] noise, int at) {
    for (int t = 0; t < order.length; t++) {
      order[t] = (long) sortable(noise[at + t]) << 32 | t;
    }
    Arrays.sort(order);
    return this;
  }

  /**
   * By {@code -ln(noise)/importance} (MaskAlign, arXiv 2211.08887; methods 4.3): for uniform noise
   * the first K tokens are a draw without replacement, each with a probability proportional to its
   * importance.
   *
   * @param noise uniform in [0,1), one number a token, from {@code noiseAt} on
   * @param importance not negative, one number a token, from {@code importanceAt} on; tokens of no
   *     importance come last
   * @throws IllegalArgumentException for a NaN
   */
  public Ranking byImportance(float[] noise, int noiseAt, float[] importance, int importanceAt) {
    for (int t = 0; t < order.length; t++) {
      // Strict: a mask must not depend on the machine that draws it.
      double wait = -StrictMath.log(noise[noiseAt + t]) / importance[importanceAt + t];
      order[t] = (long) sortable((float) wait) << 32 | t;
    }
    Arrays.sort(order);
    return this;
  }

  /** Token of a rank. */
  int token(int rank) {
    return (int) order[rank];
  }

  /**
   * Writes the mask that keeps the first {@code keep} tokens, into a batch's arrays.
   *
   * @param keepIds receives [K] visible tokens in rank order, from {@code keepAt} on
   * @param restoreIds receives [L] rank of every token, from {@code restoreAt} on
   * @throws IllegalArgumentException for a count outside 0..L
   */
  public void into(int keep, int[] keepIds, int keepAt, int[] restoreIds, int restoreAt) {
    if (keep < 0 || keep > order.length) {
      throw new IllegalArgumentException("Cannot keep " + keep + " of " + order.length + " tokens");
    }
    for (int rank = 0; rank < order.length; rank++) {
      int token = (int) order[rank];
      restoreIds[restoreAt + token] = rank;
      if (rank < keep) {
        keepIds[keepAt + rank] = token;
      }
    }
  }

  /** Bits that order like the number; both zeros are equal. */
  private static int sortable(float number) {
    if (Float.isNaN(number)) {
      throw new IllegalArgumentException("What tokens are ranked by must not be NaN");
    }
    int bits = Float.floatToIntBits(number + 0f);
    return bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
  }
}
