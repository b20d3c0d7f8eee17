package org.sparkmim.model.engine.onednn;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.sparkmim.model.engine.Team;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * Kernels that move whole tokens: {@link Op.GatherRows}, {@link Op.PrependToken}, {@link
 * Op.DropTokens}, {@link Op.Unshuffle}. Rows are copied as bytes, whatever their type.
 */
final class TokenKernels {
  private final Emission emission;
  private final Team team;

  TokenKernels(Emission emission, Team team) {
    this.emission = emission;
    this.team = team;
  }

  List<Kernel> forward(Op.GatherRows op) {
    ByteBuffer front = op.front() == null ? null : bytes(op.front());
    ByteBuffer table = bytes(op.table());
    ByteBuffer out = bytes(op.out());
    HostAccess ids = new HostAccess(emission.buffers().of(op.ids()));
    int[] rows = new int[Math.toIntExact(op.ids().size())];
    int row = rowBytes(op.out());
    int frontRows = op.frontRows();
    int gathered = op.gathered();
    IntConsumer image =
        b -> {
          int to = b * (frontRows + gathered) * row;
          if (front != null) {
            out.put(to, front, b * frontRows * row, frontRows * row);
          }
          for (int m = 0; m < gathered; m++) {
            out.put(to + (frontRows + m) * row, table, rows[b * gathered + m] * row, row);
          }
        };
    return List.of(
        () -> {
          ids.read(rows);
          team.run(op.images(), image);
        });
  }

  List<Kernel> backward(Op.GatherRows op, BackwardStep step) {
    List<Kernel> kernels = new ArrayList<>();
    if (op.front() != null) {
      long[] dims = {op.images(), op.frontRows(), op.out().width()};
      long[] strides = {op.out().extent(1) * dims[2], dims[2], 1};
      Tensor rows = emission.buffers().gradient(op.out()).view(0, dims, strides);
      kernels.addAll(leave(step.write(op.front()), rows, op.front()));
    }
    Write write = step.write(op.table());
    if (write != Write.NONE) {
      kernels.addAll(tableGradient(op, write));
    }
    return kernels;
  }

  /**
   * Each image's rows go to the places of the table that they came from, zeros to the others, and a
   * product with ones adds images up.
   */
  private List<Kernel> tableGradient(Op.GatherRows op, Write write) {
    int images = op.images();
    int gathered = op.gathered();
    int rows = op.table().rows();
    int width = op.table().width();
    int row = rowBytes(op.table());
    Tensor dOut = emission.buffers().gradient(op.out());
    Tensor placed = Tensor.in(emission.scratch(), dOut.type(), images, (long) rows * width);
    ByteBuffer from = new HostAccess(dOut).bytes();
    HostAccess to = new HostAccess(placed);
    HostAccess ids = new HostAccess(emission.buffers().of(op.ids()));
    int[] chosen = new int[images * gathered];
    int[] places = new int[images * rows];
    IntConsumer image =
        b -> {
          for (int t = b * rows; t < (b + 1) * rows; t++) {
            if (places[t] < 0) {
              to.clear(t * width, width);
            } else {
              to.bytes().put(t * row, from, places[t] * row, row);
            }
          }
        };
    Kernel place =
        () -> {
          ids.read(chosen);
          Arrays.fill(places, -1);
          for (int i = 0; i < chosen.length; i++) {
            int b = i / gathered;
            places[b * rows + chosen[i]] = (b + 1) * op.frontRows() + i;
          }
          team.run(images, image);
        };
    List<Kernel> kernels = new ArrayList<>(List.of(place));
    kernels.addAll(emission.columnSums(write, placed, emission.buffers().gradient(op.table())));
    return kernels;
  }

  List<Kernel> forward(Op.PrependToken op) {
    HostAccess token = new HostAccess(emission.buffers().of(op.token()));
    HostAccess out = new HostAccess(emission.buffers().of(op.out()));
    ByteBuffer x = bytes(op.x());
    float[] cls = new float[op.x().width()];
    int images = op.x().extent(0);
    int tokens = op.x().extent(1);
    int width = op.x().width();
    int row = rowBytes(op.x());
    return List.of(
        () -> {
          token.read(cls);
          for (int b = 0; b < images; b++) {
            int first = b * (tokens + 1);
            out.write(first * width, cls, width);
            out.bytes().put((first + 1) * row, x, b * tokens * row, tokens * row);
          }
        });
  }

  List<Kernel> backward(Op.PrependToken op, BackwardStep step) {
    Tensor dOut = emission.buffers().gradient(op.out());
    long images = op.x().extent(0);
    long tokens = op.x().extent(1);
    long width = op.x().width();
    long[] strides = {(tokens + 1) * width, width, 1};
    List<Kernel> kernels = new ArrayList<>();
    Tensor rest = dOut.view(width, new long[] {images, tokens, width}, strides);
    kernels.addAll(leave(step.write(op.x()), rest, op.x()));
    Tensor first = dOut.view(0, new long[] {images, width}, new long[] {strides[0], 1});
    kernels.addAll(
        emission.columnSums(
            step.write(op.token()), first, emission.buffers().gradient(op.token())));
    return kernels;
  }

  List<Kernel> forward(Op.DropTokens op) {
    Tensor from = emission.buffers().of(op.x());
    return List.of(emission.primitives().copy(rest(op, from), emission.buffers().of(op.out())));
  }

  List<Kernel> backward(Op.DropTokens op, BackwardStep step) {
    Tensor dx = emission.buffers().gradient(op.x());
    Tensor dOut = emission.buffers().gradient(op.out());
    if (step.write(op.x()) == Write.ADD) {
      return List.of(emission.primitives().add(dOut, rest(op, dx)));
    }
    HostAccess target = new HostAccess(dx);
    int dropped = op.count() * op.x().width();
    int images = op.x().extent(0);
    int stride = op.x().extent(1) * op.x().width();
    return List.of(
        emission.primitives().copy(dOut, rest(op, dx)),
        () -> {
          for (int b = 0; b < images; b++) {
            target.clear(b * stride, dropped);
          }
        });
  }

  private static Tensor rest(Op.DropTokens op, Tensor x) {
    long width = op.x().width();
    long tokens = op.x().extent(1);
    return x.view(
        op.count() * width,
        new long[] {op.x().extent(0), tokens - op.count(), width},
        new long[] {tokens * width, width, 1});
  }

  List<Kernel> forward(Op.Unshuffle op) {
    HostAccess restore = new HostAccess(emission.buffers().of(op.restoreIds()));
    HostAccess maskToken = new HostAccess(emission.buffers().of(op.maskToken()));
    int width = op.x().width();
    int tokens = op.restoreIds().extent(1);
    Tensor hidden =
        Tensor.of(
            emission.dnnl().allocate((long) tokens * rowBytes(op.x())),
            emission.buffers().activationType(),
            tokens,
            width);
    HostAccess hiddenRows = new HostAccess(hidden);
    ByteBuffer x = bytes(op.x());
    ByteBuffer out = bytes(op.out());
    int[] ids = new int[Math.toIntExact(op.restoreIds().size())];
    float[] token = new float[width];
    float[] sum = new float[width];
    float[] positions = op.positions().constant();
    int row = rowBytes(op.x());
    int visible = op.visible();
    int images = op.x().extent(0);
    return List.of(
        () -> {
          maskToken.read(token);
          for (int t = 0; t < tokens; t++) {
            for (int d = 0; d < width; d++) {
              sum[d] = token[d] + positions[(1 + t) * width + d];
            }
            hiddenRows.write(t * width, sum, width);
          }
          restore.read(ids);
          for (int b = 0; b < images; b++) {
            int from = b * (visible + 1) * row;
            int to = b * (tokens + 1) * row;
            out.put(to, x, from, row);
            for (int t = 0; t < tokens; t++) {
              int rank = ids[b * tokens + t];
              if (rank < visible) {
                out.put(to + (1 + t) * row, x, from + (1 + rank) * row, row);
              } else {
                out.put(to + (1 + t) * row, hiddenRows.bytes(), t * row, row);
              }
            }
          }
        });
  }

  List<Kernel> backward(Op.Unshuffle op, BackwardStep step) {
    List<Kernel> kernels = new ArrayList<>();
    int tokens = op.restoreIds().extent(1);
    int images = op.x().extent(0);
    int row = rowBytes(op.x());
    int visible = op.visible();
    long count = (long) images * (tokens + 1);
    Tensor hidden =
        Tensor.of(
            emission.dnnl().allocate(count * 4), emission.buffers().activationType(), 1, count);
    HostAccess hiddenFlags = new HostAccess(hidden);
    float[] flags = new float[(int) count];
    int[] ids = new int[images * tokens];
    HostAccess restore = new HostAccess(emission.buffers().of(op.restoreIds()));
    ByteBuffer dOut = new HostAccess(emission.buffers().gradient(op.out())).bytes();
    Write write = step.write(op.x());
    Tensor dx = emission.buffers().gradient(op.x());
    Tensor part =
        write == Write.ADD
            ? Tensor.of(emission.dnnl().allocate(dx.bytes()), dx.type(), dx.dims())
            : dx;
    ByteBuffer visibleRows = new HostAccess(part).bytes();
    kernels.add(
        () -> {
          restore.read(ids);
          for (int b = 0; b < images; b++) {
            int from = b * (tokens + 1);
            int to = b * (visible + 1) * row;
            visibleRows.put(to, dOut, from * row, row);
            for (int t = 0; t < tokens; t++) {
              int rank = ids[b * tokens + t];
              boolean seen = rank < visible;
              flags[from + 1 + t] = seen ? 0 : 1;
              if (seen) {
                visibleRows.put(to + (1 + rank) * row, dOut, (from + 1 + t) * row, row);
              }
            }
          }
          hiddenFlags.write(flags);
        });
    if (write == Write.ADD) {
      kernels.add(emission.primitives().add(part, dx));
    }
    Write tokenWrite = step.write(op.maskToken());
    if (tokenWrite != Write.NONE) {
      kernels.add(
          emission
              .primitives()
              .matmul(
                  hidden,
                  emission.buffers().gradientRows(op.out()),
                  null,
                  emission.buffers().gradient(op.maskToken()).reshape(1, op.x().width()),
                  emission.leaving(tokenWrite)));
    }
    return kernels;
  }

  private List<Kernel> leave(Write write, Tensor contribution, Value value) {
    return switch (write) {
      case NONE, SHARED -> List.of();
      case SET ->
          List.of(emission.primitives().copy(contribution, emission.buffers().gradient(value)));
      case ADD ->
          List.of(emission.primitives().add(contribution, emission.buffers().gradient(value)));
    };
  }

  private ByteBuffer bytes(Value value) {
    return new HostAccess(emission.buffers().of(value)).bytes();
  }

  private int rowBytes(Value value) {
    return value.width() * Tensor.bytesOf(emission.buffers().activationType());
  }
}
