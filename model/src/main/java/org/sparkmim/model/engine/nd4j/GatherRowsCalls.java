package org.sparkmim.model.engine.nd4j;

import java.util.Arrays;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@code out[b] = [front[b]; table[ids[b]]]}; {@code dfront} is its part of {@code dout}, {@code
 * dtable[i]} the sum of the rows that came from {@code table[i]}. That sum gathers for each image
 * where a row of the table went, or a row of zeros: nothing is scattered, so nothing depends on the
 * order of threads.
 */
final class GatherRowsCalls implements Calls {
  private final Op.GatherRows op;
  private final Emission e;
  private final int images;
  private final int frontRows;
  private final int gathered;
  private final int tableRows;
  private final int outRows;
  private final Tensor sources;
  private final Tensor front;
  private final Tensor places;

  GatherRowsCalls(Op.GatherRows op, Emission e) {
    this.op = op;
    this.e = e;
    images = op.images();
    frontRows = op.frontRows();
    gathered = op.gathered();
    tableRows = op.table().rows();
    outRows = op.out().rows();
    boolean behind = op.front() != null;
    sources =
        behind ? e.indices().rows(op.ids(), outRows, this::sources) : e.indices().of(op.ids());
    front = behind ? e.indices().constant(frontPlaces()) : null;
    places =
        op.table().differentiable()
            ? e.indices().rows(op.ids(), images * tableRows, this::places)
            : null;
  }

  /** Rows of all fronts, then those of the table. */
  private void sources(int[] ids, int[] rows) {
    for (int r = 0; r < outRows; r++) {
      int b = r / (frontRows + gathered);
      int t = r % (frontRows + gathered);
      rows[r] =
          t < frontRows
              ? b * frontRows + t
              : images * frontRows + ids[b * gathered + t - frontRows];
    }
  }

  private int[] frontPlaces() {
    int[] rows = new int[images * frontRows];
    Arrays.setAll(rows, r -> r / frontRows * (frontRows + gathered) + r % frontRows);
    return rows;
  }

  /** For each image and row of the table its place in the result, or behind the last. */
  private void places(int[] ids, int[] rows) {
    Arrays.fill(rows, outRows);
    for (int i = 0; i < images * gathered; i++) {
      int b = i / gathered;
      rows[b * tableRows + ids[i]] = (b + 1) * frontRows + i;
    }
  }

  @Override
  public void forward() {
    Tensor table = e.rows(op.table());
    if (op.front() != null) {
      Tensor all = e.scratch((long) images * frontRows + tableRows, op.out().width());
      e.copy(e.rows(op.front()), all.rows(0, (long) images * frontRows));
      e.copy(table, all.rows((long) images * frontRows, tableRows));
      table = all;
    }
    e.gather(table, sources, e.rows(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    long width = op.out().width();
    if (op.front() != null) {
      e.contribute(step, op.front(), dfront -> e.gather(dout, front, dfront));
    }
    e.accumulate(
        step,
        op.table(),
        (dtable, beta) -> {
          Tensor apart = e.scratch((long) images * tableRows, width);
          e.gatherOr(0, dout, places, apart);
          e.columnSums(apart.as(images, tableRows * width), dtable.as(1, tableRows * width), beta);
        });
  }
}
