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
 * <p>A few images at a time go through all steps, or a few heads of one image, so that their scores
 * stay in the cache: those of a whole minibatch would go to main memory and back between the steps.
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
    for (Part part : parts(op)) {
      kernels.addAll(forward(op, part));
    }
    return kernels;
  }

  List<Kernel> backward(Op.Attention op, BackwardStep step) {
    boolean add = step.write(op.qkv()) == Write.ADD;
    List<Kernel> kernels = new ArrayList<>();
    if (!add && op.queries() < op.tokens()) {
      kernels.add(clearUnasked(op));
    }
    for (Part part : parts(op)) {
      kernels.addAll(backward(op, part, add));
    }
    return kernels;
  }

  /** Queries of tokens that do not ask have no gradient. */
  private Kernel clearUnasked(Op.Attention op) {
    HostAccess dQkv = new HostAccess(emission.buffers().gradient(op.qkv()));
    int width = op.out().width();
    int unasked = op.tokens() - op.queries();
    return () -> {
      for (int b = 0; b < op.out().extent(0); b++) {
        for (int t = 0; t < unasked; t++) {
          dQkv.clear((b * op.tokens() + t) * 3 * width, width);
        }
      }
    };
  }

  private List<Kernel> forward(Op.Attention op, Part part) {
    Primitives primitives = emission.primitives();
    Tensor qkv = emission.buffers().of(op.qkv());
    Tensor probabilities = part.of(emission.buffers().of(op.probabilities()));
    Tensor scores = emission.floats(probabilities.dims());
    return List.of(
        primitives.matmul(
            queries(op, part, qkv),
            turned(packed(op, part, qkv, 1)),
            null,
            scores,
            scaled(op, false)),
        primitives.softmax(scores, probabilities),
        primitives.matmul(
            probabilities,
            packed(op, part, qkv, 2),
            null,
            heads(op, part, emission.buffers().of(op.out())),
            emission.dnnl().attributes()));
  }

  private List<Kernel> backward(Op.Attention op, Part part, boolean add) {
    Primitives primitives = emission.primitives();
    Tensor qkv = emission.buffers().of(op.qkv());
    Tensor dQkv = emission.buffers().gradient(op.qkv());
    Tensor dOut = heads(op, part, emission.buffers().gradient(op.out()));
    Tensor probabilities = part.of(emission.buffers().of(op.probabilities()));
    Tensor dProbabilities =
        Tensor.in(emission.scratch(), probabilities.type(), probabilities.dims());
    Tensor dScores = Tensor.in(emission.scratch2(), probabilities.type(), probabilities.dims());
    return List.of(
        primitives.matmul(turned(probabilities), dOut, null, packed(op, part, dQkv, 2), plain(add)),
        primitives.matmul(
            dOut, turned(packed(op, part, qkv, 2)), null, dProbabilities, plain(false)),
        primitives.softmaxBackward(probabilities, dProbabilities, dScores),
        primitives.matmul(
            dScores, packed(op, part, qkv, 1), null, queries(op, part, dQkv), scaled(op, add)),
        primitives.matmul(
            turned(dScores),
            queries(op, part, qkv),
            null,
            packed(op, part, dQkv, 1),
            scaled(op, add)));
  }

  /** Some images, all heads; or one image, some heads. */
  private record Part(long image, long images, long head, long heads) {
    /** This part of contiguous scores {@code [B, heads, N, N]}. */
    Tensor of(Tensor all) {
      long[] s = all.strides();
      long[] dims = {images, heads, all.dims()[2], all.dims()[3]};
      // Contiguous in its own right: oneDNN's softmax is slow on strides that skip heads.
      return all.view(
          image * s[0] + head * s[1], dims, new long[] {heads * s[1], s[1], s[2], s[3]});
    }
  }

  private static List<Part> parts(Op.Attention op) {
    long images = op.out().extent(0);
    long bytesOfHead = op.probabilities().size() / images / op.heads() * Float.BYTES;
    long mostImages = Math.max(1, CHUNK / (bytesOfHead * op.heads()));
    long mostHeads = Math.min(op.heads(), Math.max(1, CHUNK / bytesOfHead));
    List<Part> parts = new ArrayList<>();
    for (long image = 0; image < images; image += mostImages) {
      for (long head = 0; head < op.heads(); head += mostHeads) {
        parts.add(
            new Part(
                image,
                Math.min(mostImages, images - image),
                head,
                Math.min(mostHeads, op.heads() - head)));
      }
    }
    return parts;
  }

  private Dnnl.Attributes plain(boolean add) {
    return emission.leaving(add ? Write.ADD : Write.SET);
  }

  private Dnnl.Attributes scaled(Op.Attention op, boolean add) {
    Dnnl.Attributes attributes = emission.dnnl().attributes().scale(1 / Math.sqrt(op.headWidth()));
    return add ? attributes.accumulate() : attributes;
  }

  /** Keys (1) or values (2) of a packed tensor, as {@code [B, heads, N, width]}. */
  private static Tensor packed(Op.Attention op, Part part, Tensor packed, int which) {
    return packed(op, part, packed, which, 0);
  }

  /** Queries of a packed tensor, as {@code [B, heads, M, width]}. */
  private static Tensor queries(Op.Attention op, Part part, Tensor packed) {
    return packed(op, part, packed, 0, op.tokens() - op.queries());
  }

  private static Tensor packed(Op.Attention op, Part part, Tensor packed, int which, long first) {
    long width = op.out().width();
    long tokens = op.tokens();
    return packed.view(
        (part.image() * tokens + first) * 3 * width + which * width + part.head() * op.headWidth(),
        new long[] {part.images(), part.heads(), tokens - first, op.headWidth()},
        new long[] {tokens * 3 * width, op.headWidth(), 3 * width, 1});
  }

  /** {@code [B, M, D]} as {@code [B, heads, M, width]}. */
  private static Tensor heads(Op.Attention op, Part part, Tensor tokens) {
    Value out = op.out();
    long width = out.width();
    long image = out.extent(1) * width;
    return tokens.view(
        part.image() * image + part.head() * op.headWidth(),
        new long[] {part.images(), part.heads(), out.extent(1), op.headWidth()},
        new long[] {image, op.headWidth(), width, 1});
  }

  /** The last two dimensions exchanged. */
  private static Tensor turned(Tensor t) {
    long[] d = t.dims();
    long[] s = t.strides();
    return t.view(0, new long[] {d[0], d[1], d[3], d[2]}, new long[] {s[0], s[1], s[3], s[2]});
  }
}
