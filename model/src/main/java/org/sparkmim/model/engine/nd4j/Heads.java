package org.sparkmim.model.engine.nd4j;

/**
 * Multi-head attention on packed queries, keys and values {@code [B, N, 3, heads, width]}, read in
 * place through strides: {@code p = softmax(q k' / sqrt(width) + bias)}, {@code out = p v};
 * backward {@code dp = dout v'}, {@code ds = p (dp - sum(p dp))}.
 *
 * @param batch images B
 * @param tokens of an image, N
 * @param queries the last tokens of an image, which ask, M
 * @param heads of {@code width} elements each
 */
record Heads(Emission e, long batch, long tokens, long queries, long heads, long width) {
  private static final int Q = 0;
  private static final int K = 1;
  private static final int V = 2;

  /** {@code q k' / sqrt(width)} to {@code [B * heads * M, N]}. */
  void scores(Tensor qkv, Tensor scores) {
    e.product(part(qkv, Q), false, part(qkv, K), true, square(scores), 1 / Math.sqrt(width), 0);
  }

  /** {@code out = p v}. */
  void attend(Tensor probabilities, Tensor qkv, Tensor out) {
    e.product(square(probabilities), part(qkv, V), apart(out), 1, 0);
  }

  /** The gradient of the scores, before they are scaled, {@code [B * heads * M, N]}. */
  Tensor scoreGradients(Tensor probabilities, Tensor qkv, Tensor dout) {
    Tensor dscores = e.scratch(batch * heads * queries, tokens);
    Tensor products = e.scratch(dscores.shape());
    Tensor expected = e.scratch(dscores.shape()[0], 1);
    e.product(apart(dout), false, part(qkv, V), true, square(dscores), 1, 0);
    e.multiply(probabilities, dscores, products);
    e.rowSums(products, expected, 1);
    e.subtract(dscores, expected, dscores);
    e.multiply(dscores, probabilities, dscores);
    return dscores;
  }

  /** The gradient of queries, keys and values from that of the scores, on top of beta times it. */
  void inputGradients(
      Tensor probabilities, Tensor dscores, Tensor qkv, Tensor dout, Tensor dqkv, double beta) {
    double scale = 1 / Math.sqrt(width);
    if (beta == 0 && queries < tokens) {
      e.fill(unasked(dqkv), 0);
    }
    e.product(square(dscores), part(qkv, K), part(dqkv, Q), scale, beta);
    e.product(square(dscores), true, part(qkv, Q), false, part(dqkv, K), scale, beta);
    e.product(square(probabilities), true, apart(dout), false, part(dqkv, V), 1, beta);
  }

  private Tensor square(Tensor scores) {
    return scores.as(batch, heads, queries, tokens);
  }

  private Tensor part(Tensor qkv, int part) {
    long row = 3 * heads * width;
    long first = part == Q ? tokens - queries : 0;
    return qkv.view(
        first * row + part * heads * width,
        new long[] {batch, heads, tokens - first, width},
        new long[] {tokens * row, width, row, 1});
  }

  /** Queries of tokens that do not ask. */
  private Tensor unasked(Tensor qkv) {
    long row = 3 * heads * width;
    return qkv.view(
        0, new long[] {batch, tokens - queries, heads * width}, new long[] {tokens * row, row, 1});
  }

  private Tensor apart(Tensor out) {
    long row = heads * width;
    return out.view(
        0, new long[] {batch, heads, queries, width}, new long[] {queries * row, width, row, 1});
  }
}
