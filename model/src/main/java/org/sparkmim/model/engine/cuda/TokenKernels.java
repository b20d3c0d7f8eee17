package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * Tasks of {@link Op.GatherRows}, {@link Op.PrependToken}, {@link Op.DropTokens}, {@link
 * Op.AddPositions}, {@link Op.AddBranch}, {@link Op.TokenMean} and {@link Op.Permute}.
 */
final class TokenKernels {
  private final Emission emission;
  private final Buffers buffers;

  TokenKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  List<Task> forward(Op.GatherRows op) {
    Address table = buffers.at(op.table());
    Address ids = buffers.at(op.ids());
    Address out = buffers.at(op.out());
    long rows = op.out().rows();
    int width = op.out().width();
    if (op.front() == null) {
      return List.of(Launch.rows("gather_rows", rows, width, table, ids, out));
    }
    Address front = buffers.at(op.front());
    return List.of(
        Launch.rows(
            "gather_behind", rows, width, front, table, ids, out, op.frontRows(), op.gathered()));
  }

  List<Task> backward(Op.GatherRows op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    int width = op.out().width();
    int tableRows = op.table().rows();
    List<Task> tasks = new ArrayList<>();
    if (op.front() != null) {
      tasks.addAll(
          emission.contributeOne(
              step.write(op.front()),
              op.front(),
              (to, add) ->
                  Launch.rows(
                      "take_tokens",
                      op.front().rows(),
                      width,
                      dOut,
                      to,
                      add,
                      op.out().extent(1),
                      0,
                      op.frontRows())));
    }
    if (step.write(op.table()) != Write.NONE) {
      long count = (long) op.images() * tableRows;
      Address places = emission.scratch().floats(count);
      Address ids = buffers.at(op.ids());
      tasks.add(Launch.elements("gathered_places", count, ids, op.gathered(), tableRows, places));
      tasks.addAll(
          emission.contributeOne(
              step.write(op.table()),
              op.table(),
              (to, add) ->
                  Launch.elements(
                      "gather_behind_backward",
                      op.table().size(),
                      dOut,
                      places,
                      to,
                      add,
                      op.images(),
                      op.frontRows(),
                      op.gathered(),
                      tableRows,
                      width)));
    }
    return tasks;
  }

  List<Task> forward(Op.PrependToken op) {
    return List.of(
        Launch.rows(
            "prepend_token",
            op.out().rows(),
            op.out().width(),
            buffers.at(op.x()),
            buffers.floats(op.token()),
            buffers.at(op.out()),
            op.x().extent(1)));
  }

  List<Task> backward(Op.PrependToken op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    int width = op.out().width();
    long image = (long) op.out().extent(1) * width;
    List<Task> tasks =
        new ArrayList<>(
            emission.columnSums(
                step.write(op.token()), dOut, image, op.x().extent(0), width, op.token()));
    tasks.addAll(
        emission.contributeOne(
            step.write(op.x()),
            op.x(),
            (to, add) ->
                Launch.rows(
                    "take_tokens",
                    op.x().rows(),
                    width,
                    dOut,
                    to,
                    add,
                    op.out().extent(1),
                    1,
                    op.x().extent(1))));
    return tasks;
  }

  List<Task> forward(Op.DropTokens op) {
    return List.of(
        Launch.rows(
            "take_tokens",
            op.out().rows(),
            op.out().width(),
            buffers.at(op.x()),
            buffers.at(op.out()),
            0,
            op.x().extent(1),
            op.count(),
            op.out().extent(1)));
  }

  List<Task> backward(Op.DropTokens op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    return emission.contributeOne(
        step.write(op.x()),
        op.x(),
        (to, add) ->
            Launch.rows(
                "drop_tokens_backward",
                op.x().rows(),
                op.x().width(),
                dOut,
                to,
                add,
                op.count(),
                op.out().extent(1)));
  }

  List<Task> forward(Op.AddPositions op) {
    return List.of(
        Launch.elements(
            "add_positions",
            op.x().size(),
            buffers.at(op.x()),
            buffers.at(op.positions()),
            buffers.at(op.out()),
            imageSize(op.x())));
  }

  List<Task> backward(Op.AddPositions op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    long image = imageSize(op.x());
    List<Task> tasks =
        new ArrayList<>(
            emission.columnSums(
                step.write(op.positions()), dOut, image, op.x().extent(0), image, op.positions()));
    tasks.addAll(emission.passOn(step.write(op.x()), op.x(), dOut));
    return tasks;
  }

  List<Task> forward(Op.AddBranch op) {
    return List.of(
        Launch.elements(
            "add_branch",
            op.x().size(),
            buffers.at(op.x()),
            buffers.at(op.branch()),
            scale(op),
            imageSize(op.x()),
            buffers.at(op.out())));
  }

  List<Task> backward(Op.AddBranch op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    List<Task> tasks =
        new ArrayList<>(
            emission.contributeOne(
                step.write(op.branch()),
                op.branch(),
                (to, add) ->
                    Launch.elements(
                        "add_branch_backward",
                        op.x().size(),
                        scale(op),
                        imageSize(op.x()),
                        dOut,
                        to,
                        add)));
    tasks.addAll(emission.passOn(step.write(op.x()), op.x(), dOut));
    return tasks;
  }

  /** The operation's row {@code [B]}. */
  private Address scale(Op.AddBranch op) {
    return buffers.floats(op.scale()).plus(Type.F32.bytes((long) op.row() * op.scale().width()));
  }

  List<Task> forward(Op.TokenMean op) {
    return List.of(
        Launch.elements(
            "token_mean",
            op.out().size(),
            buffers.at(op.x()),
            buffers.at(op.out()),
            op.x().extent(1),
            op.x().width()));
  }

  List<Task> backward(Op.TokenMean op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    return emission.contributeOne(
        step.write(op.x()),
        op.x(),
        (to, add) ->
            Launch.elements(
                "token_mean_backward",
                op.x().size(),
                dOut,
                to,
                add,
                op.x().extent(1),
                op.x().width()));
  }

  List<Task> forward(Op.Permute op) {
    Address sources = emission.constants().indices(sources(op));
    return List.of(
        Launch.rows(
            "gather_rows",
            rows(op),
            rowWidth(op),
            buffers.at(op.x()),
            sources,
            buffers.at(op.out())));
  }

  List<Task> backward(Op.Permute op, BackwardStep step) {
    Address sources = emission.constants().indices(sources(op));
    Address dOut = buffers.gradient(op.out()).at();
    return emission.contributeOne(
        step.write(op.x()),
        op.x(),
        (to, add) -> Launch.rows("scatter_rows", rows(op), rowWidth(op), dOut, sources, to, add));
  }

  private static long imageSize(Value x) {
    return x.size() / x.extent(0);
  }

  private static int rowWidth(Op.Permute op) {
    return op.extents().get(op.extents().size() - 1);
  }

  private static int rows(Op.Permute op) {
    return Math.toIntExact(op.x().size() / rowWidth(op));
  }

  /** For each row of the result, the row of x: the last dimension moves as one. */
  private static int[] sources(Op.Permute op) {
    int rank = op.extents().size() - 1;
    int[] strides = new int[rank];
    int stride = 1;
    for (int d = rank - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= op.extents().get(d);
    }
    int[] sources = new int[stride];
    for (int r = 0; r < sources.length; r++) {
      int rest = r;
      for (int d = rank - 1; d >= 0; d--) {
        int extent = op.permuted().get(d);
        sources[r] += rest % extent * strides[op.axes().get(d)];
        rest /= extent;
      }
    }
    return sources;
  }
}
