package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[b] = [token; x[b]]}; {@code dtoken = sum_b dout[b, 0]}. */
record PrependTokenCalls(Op.PrependToken op, Emission e) implements Calls {
  @Override
  public void forward() {
    e.copy(e.row(op.token()), first(e.images(op.out())));
    e.copy(e.images(op.x()), rest(e.images(op.out())));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientImages(op.out());
    e.accumulate(
        step,
        op.token(),
        (dtoken, beta) -> e.columnSums(first(dout), dtoken.as(1, dtoken.size()), beta));
    e.contribute(step, op.x(), rest(dout));
  }

  private Tensor first(Tensor images) {
    return images.columns(0, op.x().width());
  }

  private Tensor rest(Tensor images) {
    return images.columns(op.x().width(), images.shape()[1] - op.x().width());
  }
}
