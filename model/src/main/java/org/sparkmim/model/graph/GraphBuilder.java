package org.sparkmim.model.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.sparkmim.model.nn.Init;

/** Writes a network forward, one operation after the other; shapes are checked as it grows. */
public final class GraphBuilder {
  private final List<Value> values = new ArrayList<>();
  private final List<Op> ops = new ArrayList<>();
  private final List<Value> losses = new ArrayList<>();
  private final List<Value> outputs = new ArrayList<>();
  private final Map<String, Value> named = new LinkedHashMap<>();

  /** Floats that the caller writes before each forward pass. */
  public Value input(String name, int... shape) {
    return register(name, value(name, Value.Role.INPUT, shape, false, null, null));
  }

  /** Integers that the caller writes before each forward pass. */
  public Value index(String name, int... shape) {
    return register(name, value(name, Value.Role.INDEX, shape, false, null, null));
  }

  /** A trained tensor under its name in the published checkpoints. */
  public Value parameter(String name, Init init, int... shape) {
    return register(name, value(name, Value.Role.PARAMETER, shape, true, init, null));
  }

  /** A tensor that never changes. */
  public Value constant(String name, float[] numbers, int... shape) {
    Value constant = value(name, Value.Role.CONSTANT, shape, false, null, numbers);
    check(constant.size() == numbers.length, "%s holds %d numbers", constant, numbers.length);
    return register(name, constant);
  }

  /** {@link Op.Linear} without bias and residual. */
  public Value linear(Value x, Value weight) {
    return linear(x, weight, null, null);
  }

  /** {@link Op.Linear} without residual. */
  public Value linear(Value x, Value weight, Value bias) {
    return linear(x, weight, bias, null);
  }

  /** {@link Op.Linear}. */
  public Value linear(Value x, Value weight, Value bias, Value residual) {
    check(
        weight.size() % x.width() == 0 && weight.extent(0) * (long) x.width() == weight.size(),
        "weight %s does not fit %s",
        weight,
        x);
    check(bias == null || bias.size() == weight.extent(0), "bias %s does not fit %s", bias, weight);
    int[] shape = x.shape();
    shape[shape.length - 1] = weight.extent(0);
    Value out = result("linear", shape, true);
    check(
        residual == null || Arrays.equals(residual.shape(), shape),
        "residual %s does not fit %s",
        residual,
        out);
    append(new Op.Linear(x, weight, bias, residual, out));
    return out;
  }

  /** {@link Op.Gelu}. */
  public Value gelu(Value x) {
    Value out = result("gelu", x.shape(), x.differentiable());
    append(new Op.Gelu(x, out));
    return out;
  }

  /** {@link Op.Swish}. */
  public Value swish(Value x, double alpha) {
    Value out = result("swish", x.shape(), x.differentiable());
    append(new Op.Swish(x, alpha, out));
    return out;
  }

  /** {@link Op.LayerNorm}. */
  public Value layerNorm(Value x, Value gamma, Value beta, double eps) {
    check(gamma.size() == x.width() && beta.size() == x.width(), "%s does not fit %s", gamma, x);
    Value mean = result("mean", new int[] {x.rows()}, false);
    Value variance = result("variance", new int[] {x.rows()}, false);
    Value out = result("layer-norm", x.shape(), true);
    append(new Op.LayerNorm(x, gamma, beta, eps, mean, variance, out));
    return out;
  }

  /** {@link Op.Attention} in which all tokens ask. */
  public Value attention(Value qkv, int heads) {
    return attention(qkv, heads, qkv.extent(1));
  }

  /** {@link Op.Attention} in which the last {@code queries} tokens ask. */
  public Value attention(Value qkv, int heads, int queries) {
    check(
        qkv.rank() == 3 && qkv.width() % (3 * heads) == 0, "%s is not qkv of %d heads", qkv, heads);
    int batch = qkv.extent(0);
    int tokens = qkv.extent(1);
    // Of one token it is the token's value, and oneDNN 3.11 gets products with 1x1 matrices wrong.
    check(tokens > 1, "%s has one token, attention needs two", qkv);
    check(queries > 1 && queries <= tokens, "%s has no %d last tokens, or one", qkv, queries);
    Value probabilities = result("attention", new int[] {batch, heads, queries, tokens}, false);
    Value out =
        result("attended", new int[] {batch, queries, qkv.width() / 3}, qkv.differentiable());
    append(new Op.Attention(qkv, heads, probabilities, out));
    return out;
  }

  /** The probabilities {@code [B, heads, N, N]} behind what {@link #attention} returned. */
  public Value probabilities(Value attended) {
    return ops.stream()
        .filter(op -> op.out() == attended && op instanceof Op.Attention)
        .map(op -> ((Op.Attention) op).probabilities())
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(attended + " was not attended"));
  }

  /** {@link Op.GatherRows} with nothing in front. */
  public Value gatherRows(Value table, Value ids) {
    return gatherRows(null, table, ids);
  }

  /** {@link Op.GatherRows}; {@code front} may be null. */
  public Value gatherRows(Value front, Value table, Value ids) {
    check(ids.rank() == 2, "%s has no row for each image", ids);
    check(table.role() != Value.Role.PARAMETER, "%s is a parameter, not computed", table);
    check(
        front == null
            || front.rank() == 3
                && front.extent(0) == ids.extent(0)
                && front.width() == table.width(),
        "%s does not fit %s",
        ids,
        front);
    int rows = ids.width() + (front == null ? 0 : front.extent(1));
    boolean differentiable = table.differentiable() || front != null && front.differentiable();
    Value out = result("gathered", new int[] {ids.extent(0), rows, table.width()}, differentiable);
    append(new Op.GatherRows(front, table, ids, out));
    return out;
  }

  /** {@link Op.PrependToken}. */
  public Value prependToken(Value x, Value token) {
    check(x.rank() == 3 && token.size() == x.width(), "%s does not fit %s", token, x);
    Value out = result("tokens", new int[] {x.extent(0), x.extent(1) + 1, x.width()}, true);
    append(new Op.PrependToken(x, token, out));
    return out;
  }

  /** {@link Op.DropTokens}. */
  public Value dropTokens(Value x, int count) {
    check(
        x.rank() == 3 && count >= 1 && x.extent(1) > count,
        "%s has no %d tokens to drop",
        x,
        count);
    int[] shape = {x.extent(0), x.extent(1) - count, x.width()};
    Value out = result("patches", shape, x.differentiable());
    append(new Op.DropTokens(x, count, out));
    return out;
  }

  /** {@link Op.Unshuffle}. */
  public Value unshuffle(Value x, Value maskToken, Value positions, Value restoreIds) {
    int tokens = restoreIds.extent(1) + 1;
    check(
        x.rank() == 3
            && maskToken.size() == x.width()
            && positions.width() == x.width()
            && positions.rows() == tokens
            && restoreIds.extent(0) == x.extent(0),
        "%s does not fit %s",
        restoreIds,
        x);
    check(!positions.differentiable(), "positions are constant, %s is trained", positions);
    Value out = result("unshuffled", new int[] {x.extent(0), tokens, x.width()}, true);
    append(new Op.Unshuffle(x, maskToken, positions, restoreIds, out));
    return out;
  }

  /** {@link Op.WindowAttention}; {@code slots} may be null. */
  public Value windowAttention(Value qkv, Value table, Value slots, Value pairs, int heads) {
    check(
        qkv.rank() == 3 && qkv.width() % (3 * heads) == 0, "%s is not qkv of %d heads", qkv, heads);
    check(table.rank() == 2 && table.width() == heads, "%s has not %d heads", table, heads);
    int groups = pairs.extent(0);
    int capacity = pairs.width();
    int tokens = qkv.extent(1);
    check(pairs.rank() == 3 && pairs.extent(1) == capacity, "%s is not square", pairs);
    check(
        slots == null
            ? groups == 1 && capacity == tokens
            : slots.extent(0) == groups && slots.width() == capacity,
        "%s does not hold the tokens of %s",
        pairs,
        qkv);
    // Of one token it is the token's value, and oneDNN 3.11 gets products with 1x1 matrices wrong.
    check(capacity > 1, "%s has one slot, attention needs two", pairs);
    int batch = qkv.extent(0);
    Value probabilities =
        result("attention", new int[] {groups, batch, heads, capacity, capacity}, false);
    boolean differentiable = qkv.differentiable() || table.differentiable();
    Value out = result("attended", new int[] {batch, tokens, qkv.width() / 3}, differentiable);
    append(new Op.WindowAttention(qkv, table, slots, pairs, heads, probabilities, out));
    return out;
  }

  /** {@link Op.Permute} into a result of that shape. */
  public Value permute(Value x, List<Integer> extents, List<Integer> axes, int... shape) {
    int last = axes.size() - 1;
    check(
        extents.size() == axes.size()
            && axes.stream()
                .sorted()
                .toList()
                .equals(IntStream.rangeClosed(0, last).boxed().toList())
            && axes.get(last) == last,
        "%s is not an order of dimensions whose last stays",
        axes);
    long size = extents.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    check(size == x.size(), "%s does not have the extents %s", x, extents);
    Value out = result("permuted", shape, x.differentiable());
    check(out.size() == size, "%s does not hold %s", out, x);
    append(new Op.Permute(x, List.copyOf(extents), List.copyOf(axes), out));
    return out;
  }

  /** {@link Op.RestoreTokens}. */
  public Value restoreTokens(Value x, Value maskToken, Value positions, Value restoreIds) {
    int tokens = Math.toIntExact(restoreIds.size());
    check(
        x.rank() == 3
            && maskToken.size() == x.width()
            && positions.width() == x.width()
            && positions.rows() == tokens
            && x.extent(1) <= tokens,
        "%s does not fit %s",
        restoreIds,
        x);
    check(!positions.differentiable(), "positions are constant, %s is trained", positions);
    Value out = result("restored", new int[] {x.extent(0), tokens, x.width()}, true);
    append(new Op.RestoreTokens(x, maskToken, positions, restoreIds, out));
    return out;
  }

  /** {@link Op.ConvTranspose2x}. */
  public Value convTranspose2x(Value x, Value weight, Value bias, int grid) {
    check(
        x.rank() == 3 && x.extent(1) % (grid * grid) == 0,
        "%s does not consist of grids of %d",
        x,
        grid);
    check(
        weight.rank() == 4
            && weight.extent(0) == x.width()
            && weight.extent(2) == 2
            && weight.extent(3) == 2
            && bias.size() == weight.extent(1),
        "%s does not fit %s",
        weight,
        x);
    int[] shape = {x.extent(0), 4 * x.extent(1), weight.extent(1)};
    Value out = result("upsampled", shape, true);
    append(new Op.ConvTranspose2x(x, weight, bias, grid, out));
    return out;
  }

  /** {@link Op.AvgPool2x}. */
  public Value avgPool2x(Value x, int grid) {
    checkGrid(x, grid);
    check(grid % 2 == 0, "a grid of side %d has no 2x2 means", grid);
    int[] shape = {x.extent(0), x.extent(1) / 4, x.width()};
    Value out = result("pooled", shape, x.differentiable());
    append(new Op.AvgPool2x(x, grid, out));
    return out;
  }

  /** {@link Op.AddBranch}. */
  public Value addBranch(Value x, Value branch, Value scale, int row) {
    check(Arrays.equals(x.shape(), branch.shape()), "%s does not fit %s", branch, x);
    check(
        scale.role() == Value.Role.INPUT
            && scale.rank() == 2
            && scale.width() == x.extent(0)
            && row >= 0
            && row < scale.extent(0),
        "%s has no row %d for %s",
        scale,
        row,
        x);
    Value out = result("stream", x.shape(), x.differentiable() || branch.differentiable());
    append(new Op.AddBranch(x, branch, scale, row, out));
    return out;
  }

  /** {@link Op.AddPositions}. */
  public Value addPositions(Value x, Value positions) {
    check(
        x.rank() == 3
            && positions.width() == x.width()
            && positions.size() == (long) x.extent(1) * x.width(),
        "%s does not fit %s",
        positions,
        x);
    Value out = result("placed", x.shape(), x.differentiable() || positions.differentiable());
    append(new Op.AddPositions(x, positions, out));
    return out;
  }

  /** {@link Op.TokenMean}. */
  public Value tokenMean(Value x) {
    check(x.rank() == 3, "%s has no tokens", x);
    Value out = result("mean", new int[] {x.extent(0), x.width()}, x.differentiable());
    append(new Op.TokenMean(x, out));
    return out;
  }

  /** {@link Op.Mix}. */
  public Value mix(List<Value> terms, Value weights, int row, boolean softmax) {
    check(!terms.isEmpty(), "nothing to mix by %s", weights);
    check(
        weights.size() % terms.size() == 0
            && row >= 0
            && row < weights.size() / terms.size()
            && terms.stream().allMatch(t -> Arrays.equals(t.shape(), terms.get(0).shape())),
        "row %d of %s does not fit %s",
        row,
        weights,
        terms);
    Value out = result("mixed", terms.get(0).shape(), true);
    append(new Op.Mix(terms, weights, row, softmax, out));
    return out;
  }

  /** {@link Op.Measure#SQUARE} with factor 1 over all rows; the result is a loss of the graph. */
  public Value maskedMse(Value prediction, Value target, Value weight) {
    return maskedLoss(Op.Measure.SQUARE, 1, prediction, target, weight);
  }

  /** The same where {@code prediction} holds the rows {@code rows} of the target only. */
  public Value maskedMse(Value prediction, Value target, Value weight, Value rows) {
    return maskedLoss(Op.Measure.SQUARE, 1, prediction, target, weight, rows);
  }

  /** {@link Op.MaskedLoss} over all rows; the result is a loss of the graph. */
  public Value maskedLoss(
      Op.Measure measure, double factor, Value prediction, Value target, Value weight) {
    return maskedLoss(measure, factor, prediction, target, weight, null);
  }

  private Value maskedLoss(
      Op.Measure measure, double factor, Value prediction, Value target, Value weight, Value rows) {
    check(
        rows == null
            ? Arrays.equals(prediction.shape(), target.shape())
            : rows.size() == prediction.rows() && prediction.width() == target.width(),
        "%s does not fit %s",
        target,
        prediction);
    check(weight.size() == target.rows(), "%s does not fit %s", weight, target);
    check(
        !target.differentiable() && !weight.differentiable(),
        "target %s and weight %s of a loss are inputs",
        target,
        weight);
    Value out = result("loss", new int[] {1}, prediction.differentiable());
    append(new Op.MaskedLoss(measure, factor, prediction, target, weight, rows, out));
    losses.add(out);
    return out;
  }

  /** {@link Op.CrossEntropy}; the result is a loss of the graph. */
  public Value crossEntropy(Value logits, Value target) {
    check(
        logits.rank() == 2 && Arrays.equals(logits.shape(), target.shape()),
        "%s does not fit %s",
        target,
        logits);
    check(!target.differentiable(), "target %s of a loss is an input", target);
    Value out = result("loss", new int[] {1}, logits.differentiable());
    append(new Op.CrossEntropy(logits, target, out));
    losses.add(out);
    return out;
  }

  /** Makes a value available under a name of the golden bundles, "block/3" say. */
  public Value label(String name, Value value) {
    return register(name, value);
  }

  /** As {@link #label}; the value can be read after every forward pass. */
  public Value output(String name, Value value) {
    outputs.add(value);
    return label(name, value);
  }

  public Graph build() {
    return new Graph(values, ops, losses, outputs, named);
  }

  /**
   * Backward kernels find an input's gradient by the input itself, and the gradient of a loss is 1:
   * no value may be two inputs of one operation, and no loss an input.
   */
  private void append(Op op) {
    List<Value> inputs = op.inputs();
    check(inputs.size() == Set.copyOf(inputs).size(), "one value is two inputs of %s", op);
    check(inputs.stream().noneMatch(losses::contains), "an input of %s is a loss", op);
    ops.add(op);
  }

  private Value result(String kind, int[] shape, boolean differentiable) {
    return value(kind + "#" + values.size(), Value.Role.RESULT, shape, differentiable, null, null);
  }

  private Value value(
      String name,
      Value.Role role,
      int[] shape,
      boolean differentiable,
      Init init,
      float[] constant) {
    Value value = new Value(values.size(), name, role, shape, differentiable, init, constant);
    values.add(value);
    return value;
  }

  private Value register(String name, Value value) {
    check(named.putIfAbsent(name, value) == null, "two values are named %s", name);
    return value;
  }

  private static void checkGrid(Value x, int grid) {
    check(x.rank() == 3 && x.extent(1) == grid * grid, "%s is not on a grid of %d", x, grid);
  }

  private static void check(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new IllegalArgumentException(String.format(message, arguments));
    }
  }
}
