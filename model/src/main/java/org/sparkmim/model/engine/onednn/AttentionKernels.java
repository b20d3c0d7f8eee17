package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * Kernels of {@link Op.Attention}; queries, keys and values are read in place by strides.
 *
 * <p>A few images at a time go through all steps, so that their scores stay in the cache: those of
 * a whole minibatch would go to main memory and back between the steps.
 */
final class AttentionKernels {
  /** Bytes of scores in float32 that are worked on at once. */
  private static final long CHUNK = 2 << 20;

  private final Emission emission;

  AttentionKernels(Emission emission) {
    this.emission = emission;
  }

  List<Kernel> forward(Op.Attention op) {
    List<Kernel> kernels = new ArrayList<>();
    for (Images images : chunks(op)) {
      kernels.addAll(forward(op, images));
    }
    return kernels;
  }

  List<Kernel> backward(Op.Attention op, BackwardStep step) {
    List<Kernel> kernels = new ArrayList<>();
    for (Images images : chunks(op)) {
      kernels.addAll(backward(op, images, step.write(op.qkv()) == Write.ADD));
    }
    return kernels;
  }

  private List<Kernel> forward(Op.Attention op, Images images) {
    Primitives primitives = emission.primitives();
    Tensor qkv = emission.buffers().of(op.qkv());
    Tensor probabilities = images.of(emission.buffers().of(op.probabilities()));
    Tensor scores = emission.floats(probabilities.dims());
    return List.of(
        primitives.matmul(
            part(op, images, qkv, 0),
            turned(part(op, images, qkv, 1)),
            null,
            scores,
            scaled(op, false)),
        primitives.softmax(scores, probabilities),
        primitives.matmul(
            probabilities,
            part(op, images, qkv, 2),
            null,
            heads(op, images, emission.buffers().of(op.out())),
            emission.dnnl().attributes()));
  }

  private List<Kernel> backward(Op.Attention op, Images images, boolean add) {
    Primitives primitives = emission.primitives();
    Tensor qkv = emission.buffers().of(op.qkv());
    Tensor dQkv = emission.buffers().gradient(op.qkv());
    Tensor dOut = heads(op, images, emission.buffers().gradient(op.out()));
    Tensor probabilities = images.of(emission.buffers().of(op.probabilities()));
    Tensor dProbabilities =
        Tensor.in(emission.scratch(), probabilities.type(), probabilities.dims());
    Tensor dScores = Tensor.in(emission.scratch2(), probabilities.type(), probabilities.dims());
    return List.of(
        primitives.matmul(turned(probabilities), dOut, null, part(op, images, dQkv, 2), plain(add)),
        primitives.matmul(
            dOut, turned(part(op, images, qkv, 2)), null, dProbabilities, plain(false)),
        primitives.softmaxBackward(probabilities, dProbabilities, dScores),
        primitives.matmul(
            dScores, part(op, images, qkv, 1), null, part(op, images, dQkv, 0), scaled(op, add)),
        primitives.matmul(
            turned(dScores),
            part(op, images, qkv, 0),
            null,
            part(op, images, dQkv, 1),
            scaled(op, add)));
  }

  /** A run of the images of a minibatch. */
  private record Images(long first, long count) {
    /** Their part of a contiguous tensor whose first dimension is images. */
    Tensor of(Tensor all) {
      long[] dims = all.dims().clone();
      dims[0] = count;
      return all.view(first * all.strides()[0], dims, all.strides());
    }
  }

  private static List<Images> chunks(Op.Attention op) {
    long images = op.out().extent(0);
    long bytesOfOne = op.probabilities().size() / images * Float.BYTES;
    long most = Math.max(1, CHUNK / bytesOfOne);
    List<Images> chunks = new ArrayList<>();
    for (long first = 0; first < images; first += most) {
      chunks.add(new Images(first, Math.min(most, images - first)));
    }
    return chunks;
  }

  private Dnnl.Attributes plain(boolean add) {
    return emission.leaving(add ? Write.ADD : Write.SET);
  }

  private Dnnl.Attributes scaled(Op.Attention op, boolean add) {
    Dnnl.Attributes attributes = emission.dnnl().attributes().scale(1 / Math.sqrt(op.headWidth()));
    return add ? attributes.accumulate() : attributes;
  }

  /** Queries (0), keys (1) or values (2) of a packed tensor, as {@code [B, heads, N, width]}. */
  private static Tensor part(Op.Attention op, Images images, Tensor packed, int which) {
    Value out = op.out();
    long width = out.width();
    long tokens = out.extent(1);
    return packed.view(
        images.first() * tokens * 3 * width + which * width,
        new long[] {images.count(), op.heads(), tokens, op.headWidth()},
        new long[] {tokens * 3 * width, op.headWidth(), 3 * width, 1});
  }

  /** {@code [B, N, D]} as {@code [B, heads, N, width]}. */
  private static Tensor heads(Op.Attention op, Images images, Tensor tokens) {
    Value out = op.out();
    long width = out.width();
    long image = out.extent(1) * width;
    return tokens.view(
        images.first() * image,
        new long[] {images.count(), op.heads(), out.extent(1), op.headWidth()},
        new long[] {image, op.headWidth(), width, 1});
  }

  /** The last two dimensions exchanged. */
  private static Tensor turned(Tensor t) {
    long[] d = t.dims();
    long[] s = t.strides();
    return t.view(0, new long[] {d[0], d[1], d[3], d[2]}, new long[] {s[0], s[1], s[3], s[2]});
  }
}
