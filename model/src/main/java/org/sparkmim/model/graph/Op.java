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

  /**
   * Whether to compute the output again, from an input that is kept anyway, is cheaper than to keep
   * it for the backward pass: so of functions of single elements.
   */
  default boolean cheap() {
    return false;
  }

  /**
   * {@code out = x * W' + bias (+ residual)} over rows. {@code weight} is {@code [out, in]}; {@code
   * x} is {@code [.., in]}. {@code residual} may be null; if given it has the shape of the output.
   */
  record Linear(Value x, Value weight, Value bias, Value residual, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      List<Value> all = new ArrayList<>(List.of(x, weight, bias));
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
  }

  /**
   * Multi-head self-attention on packed {@code qkv [B, N, 3, heads, D/heads]}: softmax of {@code q
   * k' / sqrt(D/heads)} over keys, times v. {@code out} is {@code [B, N, D]}, head-major in a row;
   * {@code probabilities} is {@code [B, heads, N, N]}.
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
  }

  /** {@code out[r] = table[ids[r]]}; {@code table} is a constant {@code [T, D]}. */
  record GatherRows(Value table, Value ids, Value out) implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(table, ids);
    }

    @Override
    public List<Value> saved() {
      return List.of();
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

  /** {@code out[b, t] = x[b, t+1]}: {@code [B, N+1, D]} to {@code [B, N, D]}. */
  record DropFirstToken(Value x, Value out) implements Op {
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
   * Transposed convolution, kernel 2, stride 2, channels last: {@code out[b, 2i+u, 2j+v, o] =
   * bias[o] + sum_c x[b, i, j, c] * weight[c, o, u, v]}. {@code x [B, g*g, C]} row-major on a grid
   * of side {@code g = grid}, {@code weight [C, O, 2, 2]}, {@code out [B, 4*g*g, O]}.
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
   * {@code out = factor * sum_r weight[r] * mean_j measure(prediction[r,j] - target[r,j]) / sum_r
   * weight[r]} over all rows of the batch; one element. {@code target} and {@code weight} are
   * inputs.
   */
  record MaskedLoss(
      Measure measure, double factor, Value prediction, Value target, Value weight, Value out)
      implements Op {
    @Override
    public List<Value> inputs() {
      return List.of(prediction, target, weight);
    }

    @Override
    public List<Value> saved() {
      return List.of(prediction, target, weight);
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
