package org.sparkmim.model.graph;

import java.util.ArrayList;
import java.util.List;

/**
 * One operation of a network. Every engine implements a forward and a backward kernel for each of
 * these; the gradient of an operation is part of its definition.
 *
 * <p>Notation: {@code B} images, {@code N} tokens, {@code D} width; {@code d?} is the gradient of
 * the loss with respect to {@code ?}.
 */
public sealed interface Op {
  /** The value that forward writes. */
  Value out();

  /** What forward reads. */
  List<Value> inputs();

  /** What forward writes beside {@link #out()} for the backward kernel to read. */
  default List<Value> statistics() {
    return List.of();
  }

  /** Which of inputs, output and statistics the backward kernel reads. */
  List<Value> saved();

  /** An input that is added to the output as it is, or null: its gradient is the output's. */
  default Value residual() {
    return null;
  }

  /**
   * Whether to compute the output again, from an input that is kept anyway, is cheaper than to keep
   * it for the backward pass: so of norms and of functions of single elements.
   */
  default boolean cheap() {
    return false;
  }

  /**
   * {@code out = x * W' (+ bias) (+ residual)} over rows. {@code weight} is {@code [out, in]};
   * {@code x} is {@code [.., in]}. {@code bias} and {@code residual} may be null; a residual has
   * the shape of the output.
   */
  record Linear(Value x, Value weight, Value bias, Value residual, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      List<Value> all = new ArrayList<>(List.of(x, weight));
      if (bias != null) {
        all.add(bias);
      }
      if (residual != null) {
        all.add(residual);
      }
      return all;
    }

    @Override
    public List<Value> saved() {
      return List.of(x, weight);
    }
  }

  /** {@code out = x * (1 + erf(x / sqrt 2)) / 2}. */
  record Gelu(Value x, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x);
    }

    @Override
    public List<Value> saved() {
      return List.of(x);
    }

    @Override
    public boolean cheap() {
      return true;
    }
  }

  /** {@code out = x / (1 + exp(-alpha x))}; CLIP's quick GELU has {@code alpha = 1.702}. */
  record Swish(Value x, double alpha, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x);
    }

    @Override
    public List<Value> saved() {
      return List.of(x);
    }

    @Override
    public boolean cheap() {
      return true;
    }
  }

  /**
   * Over each row: {@code (x - mean) / sqrt(variance + eps) * gamma + beta}, biased variance.
   * {@code mean} and {@code variance} are {@code [rows]}.
   */
  record LayerNorm(
      Value x, Value gamma, Value beta, double eps, Value mean, Value variance, Value out)
      implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, gamma, beta);
    }

    @Override
    public List<Value> statistics() {
      return List.of(mean, variance);
    }

    @Override
    public List<Value> saved() {
      return List.of(x, gamma, mean, variance);
    }

    @Override
    public boolean cheap() {
      return true;
    }
  }

  /**
   * Multi-head self-attention on packed {@code qkv [B, N, 3, heads, D/heads]}: softmax of {@code q
   * k' / sqrt(D/heads)} over keys, times v. The last {@code M <= N} tokens of an image ask, all
   * answer: {@code out} is {@code [B, M, D]}, head-major in a row; {@code probabilities} is {@code
   * [B, heads, M, N]}.
   */
  record Attention(Value qkv, int heads, Value probabilities, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(qkv);
    }

    @Override
    public List<Value> statistics() {
      return List.of(probabilities);
    }

    @Override
    public List<Value> saved() {
      return List.of(qkv, probabilities);
    }

    /** Width of one head. */
    public int headWidth() {
      return out.width() / heads;
    }

    /** Tokens of an image, N. */
    public int tokens() {
      return qkv.extent(1);
    }

    /** Tokens that ask, M. */
    public int queries() {
      return out.extent(1);
    }
  }

  /**
   * {@code out[b] = [front[b]; table[ids[b, 0]]; table[ids[b, 1]]; ..]}: {@code front [B, K, D]} or
   * null, {@code table} of {@code T} rows of {@code D}, {@code ids [B, M]}, {@code out [B, K+M,
   * D]}. Where the table is trained, the ids of an image differ from each other.
   */
  record GatherRows(Value front, Value table, Value ids, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return front == null ? List.of(table, ids) : List.of(table, ids, front);
    }

    @Override
    public List<Value> saved() {
      return table.differentiable() ? List.of(ids) : List.of();
    }

    /** Images, B. */
    public int images() {
      return ids.extent(0);
    }

    /** Rows of an image that come from {@link #front}, K. */
    public int frontRows() {
      return front == null ? 0 : front.extent(1);
    }

    /** Rows of an image that come from {@link #table}, M. */
    public int gathered() {
      return ids.extent(1);
    }
  }

  /**
   * {@code out[b] = [token; x[b]]}: {@code x [B, N, D]}, {@code token} of {@code D} elements,
   * {@code out [B, N+1, D]}.
   */
  record PrependToken(Value x, Value token, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, token);
    }

    @Override
    public List<Value> saved() {
      return List.of();
    }
  }

  /** {@code out[b, t] = x[b, t + count]}: {@code [B, N, D]} to {@code [B, N - count, D]}. */
  record DropTokens(Value x, int count, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x);
    }

    @Override
    public List<Value> saved() {
      return List.of();
    }
  }

  /**
   * Puts visible tokens back in grid order and fills the gaps (MAE, section 3): {@code x [B, K+1,
   * D]}, cls first, positions already added; {@code maskToken} of {@code D} elements; {@code
   * positions} a constant {@code [L+1, D]}; {@code restoreIds [B, L]}.
   *
   * <p>{@code out[b, 0] = x[b, 0]}; {@code out[b, 1+t] = x[b, 1+r]} with {@code r = restoreIds[b,
   * t]} if {@code r < K}, else {@code maskToken + positions[1+t]}. {@code out} is {@code [B, L+1,
   * D]}.
   */
  record Unshuffle(Value x, Value maskToken, Value positions, Value restoreIds, Value out)
      implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, maskToken, positions, restoreIds);
    }

    @Override
    public List<Value> saved() {
      return List.of(restoreIds);
    }

    /** Number of visible tokens K, cls not counted. */
    public int visible() {
      return x.extent(1) - 1;
    }
  }

  /**
   * Attention within windows of a batch whose images all show the same tokens (Swin, section 3.2;
   * GreenMIM). Windows are packed into {@code G} groups of {@code S} slots, and attention is
   * computed group by group over all images:
   *
   * <p>{@code p_ij = softmax_j (q_i . k_j / sqrt(D/heads) + table[pairs[g, i, j], head])} over the
   * slots j of the group with {@code pairs[g, i, j] < T}, and {@code out_i = sum_j p_ij v_j}.
   *
   * <p>{@code qkv} is packed as for {@link Attention}, {@code [B, N, 3, heads, D/heads]}; {@code
   * table [T, heads]} is the relative position bias. {@code slots [G, S]} names the token in each
   * slot, or N in an empty one; every token has one slot, and groups whose first slot is empty, all
   * at the end, are not in use. {@code slots} is null where one group holds all tokens in their
   * order. {@code pairs [G, S, S]} names a row of the table for query i and key j, or T where they
   * may not see each other; a token sees itself, and empty slots see nothing and are not seen.
   * {@code probabilities} is {@code [G, B, heads, S, S]}; only groups in use are written.
   */
  record WindowAttention(
      Value qkv, Value table, Value slots, Value pairs, int heads, Value probabilities, Value out)
      implements Op {
    @Override
    public List<Value> inputs() {
      return slots == null ? List.of(qkv, table, pairs) : List.of(qkv, table, pairs, slots);
    }

    @Override
    public List<Value> statistics() {
      return List.of(probabilities);
    }

    @Override
    public List<Value> saved() {
      return slots == null
          ? List.of(qkv, pairs, probabilities)
          : List.of(qkv, pairs, slots, probabilities);
    }

    /** Width of one head. */
    public int headWidth() {
      return out.width() / heads;
    }

    /** Groups that there is room for, G. */
    public int groups() {
      return pairs.extent(0);
    }

    /** Slots of a group, S. */
    public int capacity() {
      return pairs.extent(1);
    }
  }

  /**
   * The elements of {@code x} in another order: with {@code x} as a tensor of shape {@code
   * extents}, dimension i of the result is dimension {@code axes[i]} of {@code x}; the last stays
   * the last.
   */
  record Permute(Value x, List<Integer> extents, List<Integer> axes, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x);
    }

    @Override
    public List<Value> saved() {
      return List.of();
    }

    /** Extents of the result, before they are folded into the shape of {@link #out()}. */
    public List<Integer> permuted() {
      return axes.stream().map(extents::get).toList();
    }
  }

  /**
   * Puts the visible tokens of a batch with one mask back in their places, fills the gaps, and adds
   * positions: {@code out[b, t] = (r < K ? x[b, r] : maskToken) + positions[t]} with {@code r =
   * restoreIds[t]}. {@code x [B, K, D]}, {@code maskToken} of {@code D} elements, {@code positions}
   * a constant {@code [L, D]}, {@code restoreIds [L]} holds each of the numbers below K once;
   * {@code out [B, L, D]}.
   */
  record RestoreTokens(Value x, Value maskToken, Value positions, Value restoreIds, Value out)
      implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, maskToken, positions, restoreIds);
    }

    @Override
    public List<Value> saved() {
      return List.of(restoreIds);
    }

    /** Number of visible tokens K. */
    public int visible() {
      return x.extent(1);
    }
  }

  /**
   * Transposed convolution, kernel 2, stride 2, channels last: {@code out[b, 2i+u, 2j+v, o] =
   * bias[o] + sum_c x[b, i, j, c] * weight[c, o, u, v]}. {@code x [B, n*g*g, C]} holds n grids of
   * side {@code g = grid}, each row-major, {@code weight [C, O, 2, 2]}, {@code out [B, 4*n*g*g,
   * O]}.
   */
  record ConvTranspose2x(Value x, Value weight, Value bias, int grid, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, weight, bias);
    }

    @Override
    public List<Value> saved() {
      return List.of(x, weight);
    }
  }

  /**
   * Mean of 2x2 neighbours on a grid of side {@code g = grid}, channels last: {@code [B, g*g, C]}
   * to {@code [B, g*g/4, C]}.
   */
  record AvgPool2x(Value x, int grid, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x);
    }

    @Override
    public List<Value> saved() {
      return List.of();
    }
  }

  /**
   * A residual branch that some images go without (stochastic depth, Huang et al. 2016, section 3;
   * "drop path"): {@code out[b] = x[b] + scale[row, b] * branch[b]}. {@code x} and {@code branch}
   * are {@code [B, ..]}; {@code scale [R, B]} is an input.
   */
  record AddBranch(Value x, Value branch, Value scale, int row, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, branch, scale);
    }

    @Override
    public List<Value> saved() {
      return List.of(scale);
    }

    @Override
    public Value residual() {
      return x;
    }

    /** Numbers of one image. */
    public int imageSize() {
      return Math.toIntExact(x.size() / x.extent(0));
    }
  }

  /**
   * {@code out[b] = x[b] + positions}: {@code x [B, N, D]}; {@code positions} of {@code N * D}
   * elements may be trained, as when a ViT is fine-tuned.
   */
  record AddPositions(Value x, Value positions, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x, positions);
    }

    @Override
    public List<Value> saved() {
      return List.of();
    }
  }

  /** {@code out[b] = mean_t x[b, t]}: {@code [B, N, D]} to {@code [B, D]}. */
  record TokenMean(Value x, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(x);
    }

    @Override
    public List<Value> saved() {
      return List.of();
    }
  }

  /**
   * {@code out = sum_j w[j] * terms[j]}, with {@code w} row {@code row} of {@code weights [R, n]},
   * or its softmax. All terms have the shape of the output.
   */
  record Mix(List<Value> terms, Value weights, int row, boolean softmax, Value out) implements Op {
    /** Copies the list. */
    public Mix {
      terms = List.copyOf(terms);
    }

    @Override
    public List<Value> inputs() {
      List<Value> all = new ArrayList<>(terms);
      all.add(weights);
      return all;
    }

    @Override
    public List<Value> saved() {
      return inputs();
    }
  }

  /** What a loss makes of the distance d of a prediction from its target. */
  enum Measure {
    /** {@code d * d}. */
    SQUARE,
    /** {@code d * d} where {@code |d| < 1}, else {@code 2 |d| - 1} (MaskAlign's code). */
    SMOOTH_L1
  }

  /**
   * {@code out = factor * sum_r weight[s] * mean_j measure(prediction[r,j] - target[s,j]) / sum_r
   * weight[s]} with {@code s = rows[r]} over all predicted rows of the batch; one element. Where
   * {@code rows} is null, {@code s = r}. {@code target} and {@code weight} are inputs.
   */
  record MaskedLoss(
      Measure measure,
      double factor,
      Value prediction,
      Value target,
      Value weight,
      Value rows,
      Value out)
      implements Op {
    @Override
    public List<Value> inputs() {
      return rows == null
          ? List.of(prediction, target, weight)
          : List.of(prediction, target, weight, rows);
    }

    @Override
    public List<Value> saved() {
      return inputs();
    }
  }

  /**
   * Cross-entropy with soft targets: {@code out = -1/B sum_b sum_c target[b, c] log softmax_c
   * (logits[b])}; {@code logits} and {@code target} are {@code [B, C]}, {@code target} is an input,
   * {@code out} one element.
   */
  record CrossEntropy(Value logits, Value target, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(logits, target);
    }

    @Override
    public List<Value> saved() {
      return List.of(logits, target);
    }
  }
}
