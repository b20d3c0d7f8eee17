package org.sparkmim.model.engine.onednn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Kernels of {@link Op.AddBranch}, in Java, image by image: of a branch that an image goes without,
 * nothing is read.
 */
final class BranchKernels {
  private static final int TILE = 4096;

  private final Emission emission;
  private final Team team;

  BranchKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.AddBranch op) {
    Buffers buffers = emission.buffers();
    HostAccess x = new HostAccess(buffers.of(op.x()));
    HostAccess branch = new HostAccess(buffers.of(op.branch()));
    HostAccess out = new HostAccess(buffers.of(op.out()));
    return scaled(op, branch, x, out);
  }

  List<Kernel> backward(Op.AddBranch op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    HostAccess dOut = new HostAccess(buffers.gradient(op.out()));
    Write ofBranch = step.write(op.branch());
    List<Kernel> kernels = new ArrayList<>();
    if (ofBranch != Write.NONE) {
      HostAccess dBranch = new HostAccess(buffers.gradient(op.branch()));
      kernels.addAll(scaled(op, dOut, ofBranch == Write.ADD ? dBranch : null, dBranch));
    }
    Tensor gradient = buffers.gradient(op.out());
    switch (step.write(op.x())) {
      case NONE, SHARED -> {}
      case SET -> kernels.add(emission.primitives().copy(gradient, buffers.gradient(op.x())));
      case ADD -> kernels.add(emission.primitives().add(gradient, buffers.gradient(op.x())));
    }
    return kernels;
  }

  /** {@code to[b] = base[b] + scale[b] * from[b]}; a null base is zero. */
  private List<Kernel> scaled(Op.AddBranch op, HostAccess from, HostAccess base, HostAccess to) {
    int images = op.x().extent(0);
    int image = op.imageSize();
    int tiles = (image + TILE - 1) / TILE;
    int first = op.row() * images;
    HostAccess scale = new HostAccess(emission.buffers().of(op.scale()));
    float[] scales = new float[images];
    ThreadLocal<float[][]> scratch = ThreadLocal.withInitial(() -> new float[2][TILE]);
    return List.of(
        () -> {
          scale.read(first, scales, images);
          team.run(
              images * tiles,
              i -> {
                int start = i / tiles * image + i % tiles * TILE;
                int length = Math.min(TILE, (i / tiles + 1) * image - start);
                float[] sum = scratch.get()[0];
                if (base == null) {
                  Arrays.fill(sum, 0, length, 0);
                } else {
                  base.read(start, sum, length);
                }
                float share = scales[i / tiles];
                if (share != 0) {
                  float[] term = scratch.get()[1];
                  from.read(start, term, length);
                  for (int k = 0; k < length; k++) {
                    sum[k] += share * term[k];
                  }
                }
                to.write(start, sum, length);
              });
        });
  }
}
