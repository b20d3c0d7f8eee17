package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Op;

/**
 * As {@link AttentionKernel}, over the slots of a group that may see each other, with a bias:
 * {@code s_ij = q_i . k_j / sqrt(width) + table[pairs_ij]}, so {@code dtable[pairs_ij] += ds_ij}.
 */
final class WindowAttentionKernel implements Kernel {
  private static final int Q = 0;
  private static final int K = 1;
  private static final int V = 2;

  private final int batch;
  private final int tokens;
  private final int groups;
  private final int capacity;
  private final int heads;
  private final int width;
  private final int tableRows;
  private final double scale;
  private final double[] qkv;
  private final double[] table;
  private final int[] slots;
  private final int[] pairs;
  private final double[] probabilities;
  private final double[] out;
  private final double[] dout;
  private final double[] dqkv;
  private final double[] dtable;
  private final double[] dscores;

  WindowAttentionKernel(Op.WindowAttention op, Operands operands) {
    batch = op.qkv().extent(0);
    tokens = op.qkv().extent(1);
    groups = op.groups();
    capacity = op.capacity();
    heads = op.heads();
    width = op.headWidth();
    tableRows = op.table().rows();
    scale = 1 / Math.sqrt(width);
    qkv = operands.numbers(op.qkv());
    table = operands.numbers(op.table());
    slots = op.slots() == null ? null : operands.indices(op.slots());
    pairs = operands.indices(op.pairs());
    probabilities = operands.numbers(op.probabilities());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    dqkv = operands.gradientFor(op.qkv());
    dtable = operands.gradientFor(op.table());
    dscores = new double[capacity];
  }

  /** A query: image, head, group and slot. */
  private interface Query {
    void visit(int b, int h, int g, int i);
  }

  @Override
  public void forward() {
    forEachQuery(this::attend);
  }

  @Override
  public void backward() {
    forEachQuery(
        (b, h, g, i) -> {
          scoreGradients(b, h, g, i);
          inputGradients(b, h, g, i);
        });
  }

  private void forEachQuery(Query query) {
    for (int g = 0; g < groups; g++) {
      for (int i = 0; i < capacity; i++) {
        if (token(g, i) < tokens) {
          for (int b = 0; b < batch; b++) {
            for (int h = 0; h < heads; h++) {
              query.visit(b, h, g, i);
            }
          }
        }
      }
    }
  }

  private void attend(int b, int h, int g, int i) {
    int p = probabilityRow(b, h, g, i);
    int q = packed(b, token(g, i), Q, h);
    double largest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < capacity; j++) {
      if (sees(g, i, j)) {
        probabilities[p + j] =
            scale * dot(qkv, q, packed(b, token(g, j), K, h)) + table[pair(g, i, j) * heads + h];
        largest = Math.max(largest, probabilities[p + j]);
      }
    }
    double sum = 0;
    for (int j = 0; j < capacity; j++) {
      probabilities[p + j] = sees(g, i, j) ? Math.exp(probabilities[p + j] - largest) : 0;
      sum += probabilities[p + j];
    }
    int o = attended(b, token(g, i), h);
    for (int c = 0; c < width; c++) {
      out[o + c] = 0;
    }
    for (int j = 0; j < capacity; j++) {
      if (sees(g, i, j)) {
        probabilities[p + j] /= sum;
        add(probabilities[p + j], qkv, packed(b, token(g, j), V, h), out, o);
      }
    }
  }

  private void scoreGradients(int b, int h, int g, int i) {
    int p = probabilityRow(b, h, g, i);
    int o = attended(b, token(g, i), h);
    double expected = 0;
    for (int j = 0; j < capacity; j++) {
      if (sees(g, i, j)) {
        dscores[j] = dot(dout, o, packed(b, token(g, j), V, h));
        expected += probabilities[p + j] * dscores[j];
      }
    }
    for (int j = 0; j < capacity; j++) {
      dscores[j] = sees(g, i, j) ? probabilities[p + j] * (dscores[j] - expected) : 0;
    }
  }

  private void inputGradients(int b, int h, int g, int i) {
    int p = probabilityRow(b, h, g, i);
    int query = token(g, i);
    for (int j = 0; j < capacity; j++) {
      if (!sees(g, i, j)) {
        continue;
      }
      int key = token(g, j);
      if (dtable != null) {
        dtable[pair(g, i, j) * heads + h] += dscores[j];
      }
      if (dqkv != null) {
        double ds = scale * dscores[j];
        add(ds, qkv, packed(b, key, K, h), dqkv, packed(b, query, Q, h));
        add(ds, qkv, packed(b, query, Q, h), dqkv, packed(b, key, K, h));
        add(probabilities[p + j], dout, attended(b, query, h), dqkv, packed(b, key, V, h));
      }
    }
  }

  private int token(int group, int slot) {
    return slots == null ? slot : slots[group * capacity + slot];
  }

  private int pair(int group, int query, int key) {
    return pairs[(group * capacity + query) * capacity + key];
  }

  private boolean sees(int group, int query, int key) {
    return pair(group, query, key) < tableRows;
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

  private int attended(int b, int token, int head) {
    return ((b * tokens + token) * heads + head) * width;
  }

  private int probabilityRow(int b, int head, int group, int query) {
    return (((group * batch + b) * heads + head) * capacity + query) * capacity;
  }
}
