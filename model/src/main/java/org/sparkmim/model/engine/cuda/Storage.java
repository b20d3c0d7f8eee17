package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/**
 * The type of every value and gradient. In bf16, activations and their gradients are bf16; losses,
 * statistics of norms, what branches count, and what only losses read, where it is an input or
 * comes from a product, are float32 always.
 *
 * @param activation type of activations and their gradients
 *     <p>Rows of attention's probabilities, which seldom are as wide as products want them, are
 *     padded.
 * @param alwaysFloat values that are float32 in any precision
 * @param padded values whose rows begin at multiples of {@link #PAD} elements
 * @param logSums probabilities of which only the logarithm of each row's sum is kept, for {@link
 *     FusedAttentionKernels}
 */
record Storage(Type activation, Set<Value> alwaysFloat, Set<Value> padded, Set<Value> logSums) {
  /** 16 bytes of bf16: what a thread of a fast product reads at once. */
  private static final int PAD = 8;

  static Storage of(Graph graph, Precision precision) {
    Set<Value> floats = new HashSet<>(graph.losses());
    Set<Value> padded = new HashSet<>();
    Set<Value> logSums = new HashSet<>();
    Type activation = precision == Precision.BF16 ? Type.BF16 : Type.F32;
    for (Op op : graph.ops()) {
      if (op instanceof Op.LayerNorm norm) {
        floats.addAll(List.of(norm.mean(), norm.variance()));
      } else if (op instanceof Op.AddBranch add) {
        floats.add(add.scale());
      } else if (op instanceof Op.Attention attention) {
        if (FusedAttentionKernels.take(attention, graph, activation)) {
          floats.add(attention.probabilities());
          logSums.add(attention.probabilities());
        } else {
          padded.add(attention.probabilities());
        }
      } else if (op instanceof Op.WindowAttention attention) {
        padded.add(attention.probabilities());
      }
    }
    // Other operations know nothing of padding.
    graph.ops().forEach(op -> op.inputs().forEach(padded::remove));
    for (Value value : graph.values()) {
      List<Op> readers = graph.ops().stream().filter(op -> op.inputs().contains(value)).toList();
      boolean forLosses = !readers.isEmpty() && readers.stream().allMatch(Storage::isLoss);
      boolean writable =
          value.role() == Value.Role.INPUT
              || graph.ops().stream().anyMatch(op -> op.out() == value && op instanceof Op.Linear);
      if (forLosses && writable) {
        floats.add(value);
      }
    }
    return new Storage(activation, floats, padded, logSums);
  }

  private static boolean isLoss(Op op) {
    return op instanceof Op.MaskedLoss || op instanceof Op.CrossEntropy;
  }

  Type of(Value value) {
    if (value.role() == Value.Role.INDEX) {
      return Type.S32;
    }
    return alwaysFloat.contains(value) ? Type.F32 : activation;
  }

  /** Whether an operation is one for {@link FusedAttentionKernels}. */
  boolean fused(Op op) {
    return op instanceof Op.Attention attention && logSums.contains(attention.probabilities());
  }

  /** What the backward kernels of an operation read. */
  List<Value> saved(Op op) {
    if (!fused(op)) {
      return op.saved();
    }
    List<Value> saved = new ArrayList<>(op.saved());
    saved.add(op.out());
    return saved;
  }

  /** Elements from a row to the next. */
  int stride(Value value) {
    int width = logSums.contains(value) ? 1 : value.width();
    return padded.contains(value) ? (width + PAD - 1) / PAD * PAD : width;
  }

  long bytes(Schedule.Buffer buffer) {
    Value value = buffer.value();
    return of(buffer).bytes((long) value.rows() * stride(value));
  }

  Type of(Schedule.Buffer buffer) {
    return buffer.gradient() ? activation : of(buffer.value());
  }
}
