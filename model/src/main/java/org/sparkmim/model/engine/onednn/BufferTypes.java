package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;
import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;
import static org.bytedeco.dnnl.global.dnnl.dnnl_s32;

import java.util.HashSet;
import java.util.Set;
import org.sparkmim.model.engine.Precision;
import org.sparkmim.model.graph.Graph;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule;
import org.sparkmim.model.graph.Value;

/**
 * The type of every planned buffer.
 *
 * @param activation type of activations and their gradients
 * @param alwaysFloat values that are float32 in any precision
 */
record BufferTypes(int activation, Set<Value> alwaysFloat) {
  static BufferTypes of(Graph graph, Precision precision) {
    Set<Value> floats = new HashSet<>();
    for (Op op : graph.ops()) {
      if (op instanceof Op.MaskedLoss loss) {
        floats.add(loss.prediction());
        floats.add(loss.target());
        floats.add(loss.weight());
        floats.add(loss.out());
      } else if (op instanceof Op.CrossEntropy loss) {
        floats.add(loss.logits());
        floats.add(loss.target());
        floats.add(loss.out());
      } else if (op instanceof Op.LayerNorm norm) {
        floats.add(norm.mean());
        floats.add(norm.variance());
      } else if (op instanceof Op.AddBranch add) {
        floats.add(add.scale());
      }
    }
    return new BufferTypes(precision == Precision.BF16 ? dnnl_bf16 : dnnl_f32, floats);
  }

  int of(Schedule.Buffer buffer) {
    if (buffer.value().role() == Value.Role.INDEX) {
      return dnnl_s32;
    }
    boolean floats = !buffer.gradient() && alwaysFloat.contains(buffer.value());
    return floats ? dnnl_f32 : activation;
  }

  long bytesOf(Schedule.Buffer buffer) {
    return buffer.value().size() * Tensor.bytesOf(of(buffer));
  }
}
