package org.sparkmim.model.engine.nd4j;

import java.util.Arrays;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@link Heads} over the slots of each group, after the tokens were put there, with the bias of
 * each pair; what may not be seen has a bias that leaves it no probability. Groups that are not in
 * use are computed, too, and read by nobody.
 */
final class WindowAttentionCalls implements Calls {
  private static final double UNSEEN = -1e30;

  private final Op.WindowAttention op;
  private final Emission e;
  private final int batch;
  private final int tokens;
  private final int groups;
  private final int capacity;
  private final Heads attention;
  private final Tensor sources;
  private final Tensor targets;
  private final Tensor filled;

  WindowAttentionCalls(Op.WindowAttention op, Emission e) {
    this.op = op;
    this.e = e;
    batch = op.qkv().extent(0);
    tokens = op.qkv().extent(1);
    groups = op.groups();
    capacity = op.capacity();
    attention = new Heads(e, (long) groups * batch, capacity, capacity, op.heads(), op.headWidth());
    boolean scattered = op.slots() != null;
    int slots = groups * batch * capacity;
    sources = scattered ? e.indices().rows(op.slots(), slots, this::sources) : null;
    targets = scattered ? e.indices().rows(op.slots(), batch * tokens, this::targets) : null;
    filled = scattered ? e.indices().weights(op.slots(), slots, this::filled) : null;
  }

  @Override
  public void forward() {
    Tensor qkv = slotted(e.rows(op.qkv()));
    Tensor probabilities = e.rows(op.probabilities());
    attention.scores(qkv, probabilities);
    Tensor byGroup = byGroup(probabilities);
    e.add(byGroup, bias(), byGroup);
    e.softmax(probabilities, probabilities);
    Tensor out = e.rows(op.out());
    Tensor attended = sources == null ? out : e.scratch(slots(), out.shape()[1]);
    attention.attend(probabilities, qkv, attended);
    if (sources != null) {
      e.gather(attended, targets, out);
    }
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor qkv = slotted(e.rows(op.qkv()));
    Tensor dout = slotted(e.gradientRows(op.out()));
    if (sources != null) {
      e.multiply(dout, filled.as(slots(), 1), dout);
    }
    Tensor probabilities = e.rows(op.probabilities());
    Tensor dscores = attention.scoreGradients(probabilities, qkv, dout);
    e.accumulate(step, op.table(), (dtable, beta) -> tableGradient(dscores, dtable, beta));
    if (sources == null) {
      e.accumulate(
          step,
          op.qkv(),
          (dqkv, beta) -> attention.inputGradients(probabilities, dscores, qkv, dout, dqkv, beta));
    } else {
      Tensor dslots = e.scratch(qkv.shape());
      attention.inputGradients(probabilities, dscores, qkv, dout, dslots, 0);
      e.contribute(step, op.qkv(), dqkv -> e.gather(dslots, targets, dqkv));
    }
  }

  /** Rows of tokens in the order of slots; any token in an empty slot. */
  private Tensor slotted(Tensor rows) {
    if (sources == null) {
      return rows;
    }
    Tensor slotted = e.scratch(slots(), rows.shape()[1]);
    e.gather(rows, sources, slotted);
    return slotted;
  }

  /** {@code [G, 1, heads * S * S]}. */
  private Tensor bias() {
    Tensor pairs = e.scratch(pairs(), op.heads());
    e.gatherOr(UNSEEN, e.rows(op.table()), e.indices().of(op.pairs()), pairs);
    Tensor bias = e.scratch(groups, op.heads(), (long) capacity * capacity);
    e.copy(headsFirst(pairs), bias);
    return bias.as(groups, 1, bias.size() / groups);
  }

  /**
   * {@code dtable[pairs] += sum_b ds}, as a product with which row each pair has: to scatter takes
   * three times as long, and on a GPU its sums would depend on the order of threads.
   */
  private void tableGradient(Tensor dscores, Tensor dtable, double beta) {
    long rows = op.table().rows();
    Tensor dbias = e.scratch(groups, 1, dscores.size() / groups / batch);
    e.product(e.ones(groups, 1, batch), byGroup(dscores), dbias, 1, 0);
    Tensor dpairs = e.scratch(pairs(), op.heads());
    e.copy(dbias.as(groups, op.heads(), (long) capacity * capacity), headsFirst(dpairs));
    Tensor rowOfPair = e.scratch(pairs(), rows + 1);
    e.oneHot(e.indices().of(op.pairs()), rowOfPair);
    e.product(rowOfPair.columns(0, rows), true, dpairs, false, dtable, 1, beta);
  }

  private Tensor byGroup(Tensor scores) {
    return scores.as(groups, batch, scores.size() / groups / batch);
  }

  /** Elements of {@code [G, S * S, heads]} in the order {@code [G, heads, S * S]}. */
  private Tensor headsFirst(Tensor pairs) {
    long square = (long) capacity * capacity;
    return pairs.view(
        0,
        new long[] {groups, op.heads(), square},
        new long[] {square * op.heads(), 1, op.heads()});
  }

  private long slots() {
    return (long) groups * batch * capacity;
  }

  private long pairs() {
    return (long) groups * capacity * capacity;
  }

  private void sources(int[] slots, int[] rows) {
    forEachSlot(slots, (slot, b, token) -> rows[slot] = b * tokens + Math.min(token, tokens - 1));
  }

  private void targets(int[] slots, int[] rows) {
    Arrays.fill(rows, 0);
    forEachSlot(
        slots,
        (slot, b, token) -> {
          if (token < tokens) {
            rows[b * tokens + token] = slot;
          }
        });
  }

  private void filled(int[] slots, float[] weights) {
    forEachSlot(slots, (slot, b, token) -> weights[slot] = token < tokens ? 1 : 0);
  }

  /** A slot of the whole batch, its image, and its token or N. */
  private interface Slot {
    void visit(int slot, int image, int token);
  }

  private void forEachSlot(int[] slots, Slot slot) {
    for (int g = 0; g < groups; g++) {
      for (int b = 0; b < batch; b++) {
        for (int s = 0; s < capacity; s++) {
          slot.visit((g * batch + b) * capacity + s, b, slots[g * capacity + s]);
        }
      }
    }
  }
}
