package org.sparkmim.model.engine.nd4j;

import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/**
 * {@code out[b, 2i+u, 2j+v, o] = bias[o] + sum_c x[b, i, j, c] weight[c, o, u, v]}: one product
 * with the weight as {@code [C, (u, v, o)]}, whose rows of {@code O} then go to their cells.
 */
final class ConvTranspose2xCalls implements Calls {
  private final Op.ConvTranspose2x op;
  private final Emission e;
  private final RowOrder order;
  private final long cells;
  private final long channels;
  private final long outs;

  ConvTranspose2xCalls(Op.ConvTranspose2x op, Emission e) {
    this.op = op;
    this.e = e;
    cells = op.x().rows();
    channels = op.x().width();
    outs = op.out().width();
    List<Integer> produced = List.of(op.x().rows() / op.grid(), op.grid(), 2, 2);
    order = RowOrder.of(e.indices(), produced, List.of(0, 2, 1, 3));
  }

  @Override
  public void forward() {
    Tensor product = e.scratch(cells, 4 * outs);
    Tensor out = e.rows(op.out());
    e.product(e.rows(op.x()), weight(), product, 1, 0);
    e.gather(product.rows(outs), order.sources(), out);
    e.add(out, e.row(op.bias()), out);
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientRows(op.out());
    Tensor dproduct = e.scratch(cells, 4 * outs);
    e.gather(dout, order.targets(), dproduct.rows(outs));
    e.accumulate(
        step, op.x(), (dx, beta) -> e.product(dproduct, false, weight(), true, dx, 1, beta));
    e.contribute(
        step,
        op.weight(),
        dweight -> {
          Tensor packed = e.scratch(channels, 4 * outs);
          e.product(e.rows(op.x()), true, dproduct, false, packed, 1, 0);
          e.copy(packed.as(channels, 4, outs), kernelLast(dweight));
        });
    e.accumulate(step, op.bias(), (dbias, beta) -> e.columnSums(dout, dbias.as(1, outs), beta));
  }

  /** The weight as {@code [C, (u, v, o)]}. */
  private Tensor weight() {
    Tensor packed = e.scratch(channels, 4 * outs);
    e.copy(kernelLast(e.rows(op.weight())), packed.as(channels, 4, outs));
    return packed;
  }

  /** Elements of {@code [C, O, 2, 2]} in the order {@code [C, (u, v), O]}. */
  private Tensor kernelLast(Tensor weight) {
    return weight.view(0, new long[] {channels, 4, outs}, new long[] {4 * outs, 1, 4});
  }
}
