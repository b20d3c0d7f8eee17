package org.sparkmim.model.engine.cuda;

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
 * @param alwaysFloat values that are float32 in any precision
 */
record Storage(Type activation, Set<Value> alwaysFloat) {
  static Storage of(Graph graph, Precision precision) {
    Set<Value> floats = new HashSet<>(graph.losses());
    for (Op op : graph.ops()) {
      if (op instanceof Op.LayerNorm norm) {
        floats.addAll(List.of(norm.mean(), norm.variance()));
      } else if (op instanceof Op.AddBranch add) {
        floats.add(add.scale());
      }
    }
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
    return new Storage(precision == Precision.BF16 ? Type.BF16 : Type.F32, floats);
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

  Type of(Schedule.Buffer buffer) {
    return buffer.gradient() ? activation : of(buffer.value());
  }
}
