package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * Per image and head, for query i, of the last tokens, and key j: {@code s_ij = q_i . k_j /
 * sqrt(width)}, {@code p_i = softmax(s_i)}, {@code out_i = sum_j p_ij v_j}; backward {@code dp_ij =
 * dout_i . v_j}, {@code ds_ij = p_ij (dp_ij - sum_m p_im dp_im)}.
 */
final class AttentionKernel implements Kernel {
  private static final int Q = 0;
  private static final int K = 1;
  private static final int V = 2;

  private final int batch;
  private final int tokens;
  private final int queries;
  private final int first;
  private final int heads;
  private final int width;
  private final double scale;
  private final double[] qkv;
  private final double[] probabilities;
  private final double[] out;
  private final double[] dout;
  private final double[] dqkv;
  private final double[] dscores;

  AttentionKernel(Op.Attention op, Operands operands) {
    batch = op.qkv().extent(0);
    tokens = op.tokens();
    queries = op.queries();
    first = tokens - queries;
    heads = op.heads();
    width = op.headWidth();
    scale = 1 / Math.sqrt(width);
    qkv = operands.numbers(op.qkv());
    probabilities = operands.numbers(op.probabilities());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dqkv = operands.gradientFor(op.qkv());
    dscores = new double[tokens];
  }

  @Override
  public void forward() {
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < queries; i++) {
          attend(b, h, i);
        }
      }
    }
  }

  @Override
  public void backward() {
    if (dqkv == null) {
      return;
    }
    for (int b = 0; b < batch; b++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < queries; i++) {
          scoreGradients(b, h, i);
          inputGradients(b, h, i);
        }
      }
    }
  }

  private void attend(int b, int h, int i) {
    int p = probabilityRow(b, h, i);
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < tokens; j++) {
      probabilities[p + j] = scale * dot(qkv, packed(b, first + i, Q, h), packed(b, j, K, h));
      largest = Math.max(largest, probabilities[p + j]);
    }
    double sum = 0;
    for (int j = 0; j < tokens; j++) {
      probabilities[p + j] = Math.exp(probabilities[p + j] - largest);
      sum += probabilities[p + j];
    }
    int o = attended(b, i, h);
    for (int c = 0; c < width; c++) {
      out[o + c] = 0;
    }
    for (int j = 0; j < tokens; j++) {
      probabilities[p + j] /= sum;
      add(probabilities[p + j], qkv, packed(b, j, V, h), out, o);
    }
  }

  private void scoreGradients(int b, int h, int i) {
    int p = probabilityRow(b, h, i);
    double expected = 0;
    for (int j = 0; j < tokens; j++) {
      dscores[j] = dot(dout, attended(b, i, h), packed(b, j, V, h));
      expected += probabilities[p + j] * dscores[j];
    }
    for (int j = 0; j < tokens; j++) {
      dscores[j] = probabilities[p + j] * (dscores[j] - expected);
    }
  }

  private void inputGradients(int b, int h, int i) {
    int p = probabilityRow(b, h, i);
    for (int j = 0; j < tokens; j++) {
      double ds = scale * dscores[j];
      add(ds, qkv, packed(b, j, K, h), dqkv, packed(b, first + i, Q, h));
      add(ds, qkv, packed(b, first + i, Q, h), dqkv, packed(b, j, K, h));
      add(probabilities[p + j], dout, attended(b, i, h), dqkv, packed(b, j, V, h));
    }
  }

  private double dot(double[] left, int leftAt, int qkvAt) {
    double sum = 0;
    for (int c = 0; c < width; c++) {
      sum += left[leftAt + c] * qkv[qkvAt + c];
    }
    return sum;
  }

  private void add(double factor, double[] from, int fromAt, double[] to, int toAt) {
    for (int c = 0; c < width; c++) {
      to[toAt + c] += factor * from[fromAt + c];
    }
  }

  private int packed(int b, int token, int part, int head) {
    return (((b * tokens + token) * 3 + part) * heads + head) * width;
  }

  private int attended(int b, int query, int head) {
    return ((b * queries + query) * heads + head) * width;
  }

  private int probabilityRow(int b, int head, int query) {
    return ((b * heads + head) * queries + query) * tokens;
  }
}
