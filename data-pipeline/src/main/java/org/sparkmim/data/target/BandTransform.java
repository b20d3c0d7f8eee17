package org.sparkmim.data.target;

import java.util.Arrays;

/**
 * The lowest frequencies of many signals of one length at once, and back: sums of whole arrays, one
 * a position or a frequency, that hold a number for each signal. That beats a fast Fourier
 * transform signal by signal: its loops become vector instructions, and it computes the wanted
 * frequencies only.
 *
 * <p>The positions n, N-n, N/2-n and N/2+n share their cosines and sines up to signs that depend on
 * whether the frequency is even or odd. So each sum runs over a quarter of them.
 */
final class BandTransform {
  private final int size;
  private final int quarter;
  private final int frequencies;
  private final int evens;
  private final float[][] cosines;
  private final float[][] sines;
  private final float[][] cosinesAt;
  private final float[][] sinesAt;

  /**
   * @param size length of a signal, N, a multiple of 4
   * @param frequencies how many, F, from 0 on; at most N/2
   */
  BandTransform(int size, int frequencies) {
    this.size = size;
    this.quarter = size / 4;
    this.frequencies = frequencies;
    this.evens = (frequencies + 1) / 2;
    this.cosines = new float[frequencies][quarter + 1];
    this.sines = new float[frequencies][quarter + 1];
    this.cosinesAt = new float[quarter + 1][frequencies];
    this.sinesAt = new float[quarter + 1][frequencies];
    for (int f = 0; f < frequencies; f++) {
      for (int n = 0; n <= quarter; n++) {
        double angle = 2 * Math.PI * ((long) f * n % size) / size;
        cosines[f][n] = (float) StrictMath.cos(angle);
        sines[f][n] = (float) StrictMath.sin(angle);
        cosinesAt[n][line(f)] = cosines[f][n];
        sinesAt[n][line(f)] = sines[f][n];
      }
    }
  }

  /** Where a frequency's array stands among the F: even frequencies first, then odd ones. */
  int line(int frequency) {
    return frequency / 2 + (frequency % 2 == 0 ? 0 : evens);
  }

  /**
   * {@code cosine[f] = sum_n x[n] cos(2 pi f n/N)}, and the same with sines.
   *
   * @param positions [N][signals], overwritten
   * @param cosine receives [F][signals], by {@link #line}
   * @param sine receives [F][signals], by {@link #line}
   */
  void forward(float[][] positions, float[][] cosine, float[][] sine) {
    int half = size / 2;
    sumAndDifference(positions[0], positions[half]);
    for (int n = 1; n < quarter; n++) {
      fold(positions[n], positions[half - n], positions[half + n], positions[size - n]);
    }
    sumAndDifference(positions[quarter], positions[half + quarter]);
    for (int f = 0; f < frequencies; f++) {
      boolean even = f % 2 == 0;
      float[] c = cosine[line(f)];
      float[] s = sine[line(f)];
      sum(cosines[f], 0, quarter + 1, positions, even ? 0 : half, even ? 1 : -1, c);
      sum(sines[f], 1, quarter + 1, positions, even ? size : half, even ? -1 : 1, s);
    }
  }

  /** To what goes with cosines (n, N/2-n) and sines (N-n, N/2+n) of even and of odd frequencies. */
  private static void fold(float[] n, float[] halfLess, float[] halfMore, float[] less) {
    for (int i = 0; i < n.length; i++) {
      float even = n[i] + halfMore[i];
      float odd = n[i] - halfMore[i];
      float evenBack = halfLess[i] + less[i];
      float oddBack = halfLess[i] - less[i];
      n[i] = even + evenBack;
      less[i] = even - evenBack;
      halfLess[i] = odd - oddBack;
      halfMore[i] = odd + oddBack;
    }
  }

  /**
   * {@code x[n] = sum_f cosine[f] cos(2 pi f n/N) + sine[f] sin(2 pi f n/N)}.
   *
   * @param cosine [F][signals], by {@link #line}
   * @param sine [F][signals], by {@link #line}
   * @param positions receives [N][signals]
   */
  void inverse(float[][] cosine, float[][] sine, float[][] positions) {
    int half = size / 2;
    for (int n = 0; n <= quarter; n++) {
      sum(cosinesAt[n], 0, evens, cosine, 0, 1, positions[n]);
      if (n < quarter) {
        sum(cosinesAt[n], evens, frequencies, cosine, 0, 1, positions[half - n]);
      }
      if (n > 0) {
        sum(sinesAt[n], evens, frequencies, sine, 0, 1, positions[half + n]);
      }
      if (n > 0 && n < quarter) {
        sum(sinesAt[n], 0, evens, sine, 0, 1, positions[size - n]);
        unfold(positions[n], positions[half - n], positions[half + n], positions[size - n]);
      }
    }
    sumAndDifference(positions[0], positions[half]);
    sumAndDifference(positions[quarter], positions[half + quarter]);
  }

  /** From the cosines' sums (n, N/2-n) and the sines' (N-n, N/2+n), even and odd frequencies'. */
  private static void unfold(float[] n, float[] halfLess, float[] halfMore, float[] less) {
    for (int i = 0; i < n.length; i++) {
      float sum = n[i] + halfLess[i];
      float difference = n[i] - halfLess[i];
      float sineSum = less[i] + halfMore[i];
      float sineDifference = less[i] - halfMore[i];
      n[i] = sum + sineSum;
      less[i] = sum - sineSum;
      halfLess[i] = difference - sineDifference;
      halfMore[i] = difference + sineDifference;
    }
  }

  private static void sumAndDifference(float[] one, float[] other) {
    for (int i = 0; i < one.length; i++) {
      float sum = one[i] + other[i];
      other[i] = one[i] - other[i];
      one[i] = sum;
    }
  }

  /** {@code out = sum_k weights[k] lines[base + step*k]}, k from {@code from} to {@code to-1}. */
  private static void sum(
      float[] weights, int from, int to, float[][] lines, int base, int step, float[] out) {
    Arrays.fill(out, 0);
    int k = from;
    for (; k + 4 <= to; k += 4) {
      int at = base + step * k;
      add(weights, k, lines[at], lines[at + step], lines[at + 2 * step], lines[at + 3 * step], out);
    }
    for (; k < to; k++) {
      add(weights[k], lines[base + step * k], out);
    }
  }

  private static void add(
      float[] weights, int k, float[] in0, float[] in1, float[] in2, float[] in3, float[] out) {
    float w0 = weights[k];
    float w1 = weights[k + 1];
    float w2 = weights[k + 2];
    float w3 = weights[k + 3];
    for (int i = 0; i < out.length; i++) {
      out[i] += w0 * in0[i] + w1 * in1[i] + w2 * in2[i] + w3 * in3[i];
    }
  }

  private static void add(float weight, float[] in, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] += weight * in[i];
    }
  }
}
