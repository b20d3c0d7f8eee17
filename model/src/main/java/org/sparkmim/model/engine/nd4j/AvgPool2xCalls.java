package org.sparkmim.model.engine.nd4j;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** Each cell of the coarser grid is the mean of four; each of the four gets a quarter back. */
final class AvgPool2xCalls implements Calls {
  private final Op.AvgPool2x op;
  private final Emission e;
  private final List<Tensor> quarters;
  private final Tensor coarse;

  AvgPool2xCalls(Op.AvgPool2x op, Emission e) {
    this.op = op;
    this.e = e;
    int half = op.grid() / 2;
    int[][] fine = new int[4][op.out().rows()];
    int[] to = new int[op.x().rows()];
    Arrays.setAll(to, cell -> cell / (2 * op.grid()) * half + cell % op.grid() / 2);
    for (int cell = 0; cell < to.length; cell++) {
      fine[2 * (cell / op.grid() % 2) + cell % 2][to[cell]] = cell;
    }
    quarters = IntStream.range(0, 4).mapToObj(q -> e.indices().constant(fine[q])).toList();
    coarse = e.indices().constant(to);
  }

  @Override
  public void forward() {
    Tensor out = e.rows(op.out());
    Tensor quarter = e.scratch(out.shape());
    e.gather(e.rows(op.x()), quarters.get(0), out);
    for (Tensor cells : quarters.subList(1, 4)) {
      e.gather(e.rows(op.x()), cells, quarter);
      e.add(out, quarter, out);
    }
    e.scale(out, 0.25, out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    Tensor share = e.scratch(dout.shape());
    e.scale(dout, 0.25, share);
    e.contribute(step, op.x(), dx -> e.gather(share, coarse, dx));
  }
}
