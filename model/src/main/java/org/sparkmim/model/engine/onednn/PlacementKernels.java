package org.sparkmim.model.engine.onednn;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/** Kernels of {@link Op.Permute} and {@link Op.RestoreTokens}. */
final class PlacementKernels {
  private final Emission emission;
  private final Team team;

  PlacementKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.Permute op) {
    Buffers buffers = emission.buffers();
    return List.of(
        emission
            .primitives()
            .copy(permuted(op, buffers.of(op.x())), result(op, buffers.of(op.out()))));
  }

  List<Kernel> backward(Op.Permute op, BackwardStep step) {
    Tensor dOut = result(op, emission.buffers().gradient(op.out()));
    Tensor dx = permuted(op, emission.buffers().gradient(op.x()));
    return List.of(
        step.write(op.x()) == Write.ADD
            ? emission.primitives().add(dOut, dx)
            : emission.primitives().copy(dOut, dx));
  }

  /** {@code x} with its dimensions in the order of the result. */
  private static Tensor permuted(Op.Permute op, Tensor x) {
    int rank = op.axes().size();
    long[] strides = new long[rank];
    long stride = 1;
    for (int d = rank - 1; d >= 0; d--) {
      strides[op.axes().indexOf(d)] = stride;
      stride *= op.extents().get(d);
    }
    return x.view(0, extents(op), strides);
  }

  private static Tensor result(Op.Permute op, Tensor out) {
    return out.reshape(extents(op));
  }

  private static long[] extents(Op.Permute op) {
    return op.permuted().stream().mapToLong(Integer::longValue).toArray();
  }

  List<Kernel> forward(Op.RestoreTokens op) {
    Restoration restoration = new Restoration(op);
    HostAccess maskToken = new HostAccess(emission.buffers().of(op.maskToken()));
    HostAccess x = new HostAccess(emission.buffers().of(op.x()));
    HostAccess out = new HostAccess(emission.buffers().of(op.out()));
    int width = restoration.width;
    float[] token = new float[width];
    float[] positions = op.positions().constant();
    ThreadLocal<float[]> sums = ThreadLocal.withInitial(() -> new float[width]);
    IntConsumer image =
        b -> {
          float[] sum = sums.get();
          for (int t = 0; t < restoration.tokens; t++) {
            int rank = restoration.ids[t];
            if (rank < restoration.visible) {
              x.read((b * restoration.visible + rank) * width, sum, width);
            } else {
              System.arraycopy(token, 0, sum, 0, width);
            }
            for (int d = 0; d < width; d++) {
              sum[d] += positions[t * width + d];
            }
            out.write((b * restoration.tokens + t) * width, sum, width);
          }
        };
    return List.of(
        () -> {
          restoration.readIds();
          maskToken.read(token);
          team.run(restoration.images, image);
        });
  }

  List<Kernel> backward(Op.RestoreTokens op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Restoration restoration = new Restoration(op);
    List<Kernel> kernels = new ArrayList<>();
    kernels.add(restoration::readIds);
    Write xWrite = step.write(op.x());
    if (xWrite != Write.NONE) {
      Tensor dx = buffers.gradient(op.x());
      Tensor part =
          xWrite == Write.ADD
              ? Tensor.of(emission.dnnl().allocate(dx.bytes()), dx.type(), dx.dims())
              : dx;
      kernels.add(visibleGradients(restoration, buffers.gradient(op.out()), part));
      if (xWrite == Write.ADD) {
        kernels.add(emission.primitives().add(part, dx));
      }
    }
    Write tokenWrite = step.write(op.maskToken());
    if (tokenWrite != Write.NONE) {
      long count = op.out().rows();
      Tensor hidden =
          Tensor.of(
              emission.dnnl().allocate(count * 4), emission.buffers().activationType(), 1, count);
      HostAccess access = new HostAccess(hidden);
      kernels.add(() -> access.write(restoration.hidden()));
      kernels.add(
          emission
              .primitives()
              .matmul(
                  hidden,
                  buffers.gradientRows(op.out()),
                  null,
                  buffers.gradient(op.maskToken()).reshape(1, op.x().width()),
                  emission.leaving(tokenWrite)));
    }
    return kernels;
  }

  private Kernel visibleGradients(Restoration restoration, Tensor dOut, Tensor dx) {
    ByteBuffer from = new HostAccess(dOut).bytes();
    ByteBuffer to = new HostAccess(dx).bytes();
    int row = restoration.width * Tensor.bytesOf(dOut.type());
    IntConsumer image =
        b -> {
          for (int t = 0; t < restoration.tokens; t++) {
            int rank = restoration.ids[t];
            if (rank < restoration.visible) {
              to.put(
                  (b * restoration.visible + rank) * row,
                  from,
                  (b * restoration.tokens + t) * row,
                  row);
            }
          }
        };
    return () -> team.run(restoration.images, image);
  }

  /** Which token of the grid is which visible one. */
  private final class Restoration {
    final int images;
    final int tokens;
    final int visible;
    final int width;
    final int[] ids;
    private final HostAccess access;
    private final float[] flags;

    Restoration(Op.RestoreTokens op) {
      images = op.out().extent(0);
      tokens = op.out().extent(1);
      visible = op.visible();
      width = op.x().width();
      ids = new int[tokens];
      flags = new float[images * tokens];
      access = new HostAccess(emission.buffers().of(op.restoreIds()));
    }

    void readIds() {
      access.read(ids);
    }

    /** For each row of the result, 1 where it is a mask token. */
    float[] hidden() {
      for (int i = 0; i < flags.length; i++) {
        flags[i] = ids[i % tokens] < visible ? 0 : 1;
      }
      return flags;
    }
  }
}
