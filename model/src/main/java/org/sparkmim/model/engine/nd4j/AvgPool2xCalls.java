package org.sparkmim.model.engine.nd4j;

import java.util.List;
import java.util.stream.Stream;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** Each cell of the coarser grid is the mean of four; each of the four gets a quarter back. */
record AvgPool2xCalls(Op.AvgPool2x op, Emission e) implements Calls {
  @Override
  public void forward() {
    List<Tensor> quarters = quarters(e.rows(op.x()));
    Tensor out = coarse(e.rows(op.out()));
    e.add(quarters.get(0), quarters.get(1), out);
    e.add(out, quarters.get(2), out);
    e.add(out, quarters.get(3), out);
    e.scale(out, 0.25, out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = coarse(e.gradientRows(op.out()));
    Tensor share = e.scratch(dout.shape());
    e.scale(dout, 0.25, share);
    switch (step.write(op.x())) {
      case SET -> quarters(e.gradientRows(op.x())).forEach(dx -> e.copy(share, dx));
      case ADD -> quarters(e.gradientRows(op.x())).forEach(dx -> e.add(dx, share, dx));
      case NONE, SHARED -> {}
    }
  }

  /** The upper left, upper right, lower left and lower right cell of each four. */
  private List<Tensor> quarters(Tensor fine) {
    long line = op.grid() * width();
    return Stream.of(0L, width(), line, line + width())
        .map(
            first ->
                fine.view(
                    first,
                    new long[] {lines(), half(), width()},
                    new long[] {2 * line, 2 * width(), 1}))
        .toList();
  }

  private Tensor coarse(Tensor cells) {
    return cells.as(lines(), half(), width());
  }

  /** Lines of the coarser grids of the whole batch. */
  private long lines() {
    return op.x().extent(0) * half();
  }

  private long half() {
    return op.grid() / 2;
  }

  private long width() {
    return op.x().width();
  }
}
