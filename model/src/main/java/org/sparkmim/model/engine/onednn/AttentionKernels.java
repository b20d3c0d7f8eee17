package org.sparkmim.model.engine.onednn;

import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/** Kernels of {@link Op.Attention}; queries, keys and values are read in place by strides. */
final class AttentionKernels {
  private final Emission emission;

  AttentionKernels(Emission emission) {
    this.emission = emission;
  }

  List<Kernel> forward(Op.Attention op) {
    Primitives primitives = emission.primitives();
    Tensor qkv = emission.buffers().of(op.qkv());
    Tensor probabilities = emission.buffers().of(op.probabilities());
    Tensor scores = emission.floats(probabilities.dims());
    return List.of(
        primitives.matmul(
            part(op, qkv, 0), turned(part(op, qkv, 1)), null, scores, scaled(op, false)),
        primitives.softmax(scores, probabilities),
        primitives.matmul(
            probabilities,
            part(op, qkv, 2),
            null,
            heads(op, emission.buffers().of(op.out())),
            emission.dnnl().attributes()));
  }

  List<Kernel> backward(Op.Attention op, BackwardStep step) {
    boolean add = step.write(op.qkv()) == Write.ADD;
    Primitives primitives = emission.primitives();
    Tensor qkv = emission.buffers().of(op.qkv());
    Tensor dQkv = emission.buffers().gradient(op.qkv());
    Tensor dOut = heads(op, emission.buffers().gradient(op.out()));
    Tensor probabilities = emission.buffers().of(op.probabilities());
    Tensor dProbabilities =
        Tensor.in(emission.scratch(), probabilities.type(), probabilities.dims());
    Tensor dScores = Tensor.in(emission.scratch2(), probabilities.type(), probabilities.dims());
    return List.of(
        primitives.matmul(turned(probabilities), dOut, null, part(op, dQkv, 2), plain(add)),
        primitives.matmul(dOut, turned(part(op, qkv, 2)), null, dProbabilities, plain(false)),
        primitives.softmaxBackward(probabilities, dProbabilities, dScores),
        primitives.matmul(dScores, part(op, qkv, 1), null, part(op, dQkv, 0), scaled(op, add)),
        primitives.matmul(
            turned(dScores), part(op, qkv, 0), null, part(op, dQkv, 1), scaled(op, add)));
  }

  private Dnnl.Attributes plain(boolean add) {
    return emission.leaving(add ? Write.ADD : Write.SET);
  }

  private Dnnl.Attributes scaled(Op.Attention op, boolean add) {
    Dnnl.Attributes attributes = emission.dnnl().attributes().scale(1 / Math.sqrt(op.headWidth()));
    return add ? attributes.accumulate() : attributes;
  }

  /** Queries (0), keys (1) or values (2) of a packed tensor, as {@code [B, heads, N, width]}. */
  private static Tensor part(Op.Attention op, Tensor packed, int which) {
    Value out = op.out();
    long width = out.width();
    long tokens = out.extent(1);
    return packed.view(
        which * width,
        new long[] {out.extent(0), op.heads(), tokens, op.headWidth()},
        new long[] {tokens * 3 * width, op.headWidth(), 3 * width, 1});
  }

  /** {@code [B, N, D]} as {@code [B, heads, N, width]}. */
  private static Tensor heads(Op.Attention op, Tensor tokens) {
    Value out = op.out();
    long width = out.width();
    return tokens.view(
        0,
        new long[] {out.extent(0), op.heads(), out.extent(1), op.headWidth()},
        new long[] {out.extent(1) * width, op.headWidth(), width, 1});
  }

  /** The last two dimensions exchanged. */
  private static Tensor turned(Tensor t) {
    long[] d = t.dims();
    long[] s = t.strides();
    return t.view(0, new long[] {d[0], d[1], d[3], d[2]}, new long[] {s[0], s[1], s[3], s[2]});
  }
}
