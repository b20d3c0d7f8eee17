package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Kernels of {@link Op.WindowAttention}, group by group: all products and the softmax of a group
 * run over images and heads while its rows are in the cache. A few images at a time where scores
 * are many, as in {@link AttentionKernels}.
 */
final class WindowAttentionKernels {
  /** Bytes of scores in float32 that are worked on at once. */
  private static final long CHUNK = 2 << 20;

  private final Emission emission;
  private final Team team;

  WindowAttentionKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.WindowAttention op) {
    Buffers buffers = emission.buffers();
    WindowPass pass = new WindowPass(op, emission, team);
    WindowBias bias = new WindowBias(op, emission);
    Tensor qkv = pass.gathered(buffers.of(op.qkv()));
    Tensor out = pass.scattered(buffers.of(op.out()));
    Kernel[][] kernels = new Kernel[op.groups()][];
    for (int group = 0; group < kernels.length; group++) {
      List<Kernel> ofGroup = new ArrayList<>();
      for (Images images : chunks(op)) {
        ofGroup.addAll(forward(op, group, images, qkv, bias.tile(), out));
      }
      kernels[group] = ofGroup.toArray(Kernel[]::new);
    }
    return List.of(bias::readTable, pass.over(kernels, bias, bias::spread, null));
  }

  private List<Kernel> forward(
      Op.WindowAttention op, int group, Images images, Tensor qkv, Tensor bias, Tensor out) {
    Primitives primitives = emission.primitives();
    Tensor probabilities = probabilities(op, group, images);
    Tensor scores = emission.floats(probabilities.dims());
    return List.of(
        primitives.matmul(
            part(op, images, qkv, 0), turned(part(op, images, qkv, 1)), null, scores, scaled(op)),
        primitives.add(bias, scores),
        primitives.softmax(scores, probabilities),
        primitives.matmul(
            probabilities, part(op, images, qkv, 2), null, heads(op, images, out), plain()));
  }

  List<Kernel> backward(Op.WindowAttention op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    WindowPass pass = new WindowPass(op, emission, team);
    WindowBias bias = new WindowBias(op, emission);
    Write qkvWrite = step.write(op.qkv());
    Write tableWrite = step.write(op.table());
    Tensor qkv = pass.gathered(buffers.of(op.qkv()));
    Tensor dOut = pass.gathered(buffers.gradient(op.out()));
    Tensor whole = qkvWrite == Write.SET ? buffers.gradient(op.qkv()) : aside(buffers.of(op.qkv()));
    Tensor dQkv = pass.scattered(whole);
    Kernel[][] kernels = new Kernel[op.groups()][];
    for (int group = 0; group < kernels.length; group++) {
      List<Kernel> ofGroup = new ArrayList<>();
      for (Images images : chunks(op)) {
        ofGroup.addAll(backward(op, group, images, qkv, dOut, dQkv));
        if (tableWrite != Write.NONE) {
          ofGroup.add(biasGradient(op, images, bias.tile()));
        }
      }
      kernels[group] = ofGroup.toArray(Kernel[]::new);
    }
    List<Kernel> all = new ArrayList<>();
    if (tableWrite == Write.NONE) {
      all.add(pass.over(kernels, bias, null, null));
    } else {
      HostAccess gradient = new HostAccess(buffers.gradient(op.table()));
      all.add(bias::clear);
      all.add(pass.over(kernels, bias, null, bias::collect));
      all.add(() -> bias.leave(gradient, tableWrite == Write.ADD));
    }
    if (qkvWrite == Write.ADD) {
      all.add(emission.primitives().add(whole, buffers.gradient(op.qkv())));
    }
    return all;
  }

  private List<Kernel> backward(
      Op.WindowAttention op, int group, Images images, Tensor qkv, Tensor dOut, Tensor dQkv) {
    Primitives primitives = emission.primitives();
    Tensor probabilities = probabilities(op, group, images);
    Tensor dHeads = heads(op, images, dOut);
    Tensor dProbabilities =
        Tensor.in(emission.scratch(), probabilities.type(), probabilities.dims());
    Tensor dScores = dScores(op, images);
    return List.of(
        primitives.matmul(turned(probabilities), dHeads, null, part(op, images, dQkv, 2), plain()),
        primitives.matmul(dHeads, turned(part(op, images, qkv, 2)), null, dProbabilities, plain()),
        primitives.softmaxBackward(probabilities, dProbabilities, dScores),
        primitives.matmul(
            dScores, part(op, images, qkv, 1), null, part(op, images, dQkv, 0), scaled(op)),
        primitives.matmul(
            turned(dScores),
            part(op, images, qkv, 0),
            null,
            part(op, images, dQkv, 1),
            scaled(op)));
  }

  /** The sum over images of the gradient of the scores, a product with ones. */
  private Kernel biasGradient(Op.WindowAttention op, Images images, Tensor tile) {
    Tensor dScores = dScores(op, images);
    Write write = images.first() == 0 ? Write.SET : Write.ADD;
    return emission.columnSums(write, dScores.reshape(images.count(), tile.size()), tile).get(0);
  }

  private Tensor aside(Tensor like) {
    return Tensor.of(emission.dnnl().allocate(like.bytes()), like.type(), like.dims());
  }

  /** A run of the images of a minibatch. */
  private record Images(long first, long count) {}

  /** Runs of nearly equal length. */
  private static List<Images> chunks(Op.WindowAttention op) {
    long images = op.out().extent(0);
    long bytesOfOne = (long) op.heads() * op.capacity() * op.capacity() * Float.BYTES;
    long most = Math.max(1, CHUNK / bytesOfOne);
    long runs = (images + most - 1) / most;
    List<Images> chunks = new ArrayList<>();
    for (long run = 0; run < runs; run++) {
      long first = run * images / runs;
      chunks.add(new Images(first, (run + 1) * images / runs - first));
    }
    return chunks;
  }

  private Dnnl.Attributes plain() {
    return emission.dnnl().attributes();
  }

  private Dnnl.Attributes scaled(Op.WindowAttention op) {
    return emission.dnnl().attributes().scale(1 / Math.sqrt(op.headWidth()));
  }

  private Tensor dScores(Op.WindowAttention op, Images images) {
    long slots = op.capacity();
    int type = emission.buffers().activationType();
    return Tensor.in(emission.scratch2(), type, images.count(), op.heads(), slots, slots);
  }

  /** {@code [images, heads, S, S]} of one group. */
  private Tensor probabilities(Op.WindowAttention op, int group, Images images) {
    Tensor all = emission.buffers().of(op.probabilities());
    long[] s = all.strides();
    long slots = op.capacity();
    return all.view(
        group * s[0] + images.first() * s[1],
        new long[] {images.count(), op.heads(), slots, slots},
        new long[] {s[1], s[2], s[3], s[4]});
  }

  /**
   * Queries (0), keys (1) or values (2) of {@code [B, S, 3D]}, as {@code [.., heads, S, width]}.
   */
  private static Tensor part(Op.WindowAttention op, Images images, Tensor packed, int which) {
    long width = op.out().width();
    long image = op.capacity() * 3 * width;
    return packed.view(
        images.first() * image + which * width,
        new long[] {images.count(), op.heads(), op.capacity(), op.headWidth()},
        new long[] {image, op.headWidth(), 3 * width, 1});
  }

  /** {@code [B, S, D]} as {@code [.., heads, S, width]}. */
  private static Tensor heads(Op.WindowAttention op, Images images, Tensor rows) {
    long width = op.out().width();
    long image = op.capacity() * width;
    return rows.view(
        images.first() * image,
        new long[] {images.count(), op.heads(), op.capacity(), op.headWidth()},
        new long[] {image, op.headWidth(), width, 1});
  }

  /** The last two dimensions exchanged. */
  private static Tensor turned(Tensor t) {
    long[] d = t.dims();
    long[] s = t.strides();
    return t.view(0, new long[] {d[0], d[1], d[3], d[2]}, new long[] {s[0], s[1], s[3], s[2]});
  }
}
