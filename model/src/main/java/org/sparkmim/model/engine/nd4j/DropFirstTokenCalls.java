package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@code out[b, t] = x[b, t+1]}; the dropped token gets no gradient. */
record DropFirstTokenCalls(Op.DropFirstToken op, Emission e) implements Calls {
  @Override
  public void forward() {
    e.copy(rest(e.images(op.x())), e.images(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor dout = e.gradientImages(op.out());
    switch (step.write(op.x())) {
      case SET -> {
        Tensor dx = e.gradientImages(op.x());
        Tensor dropped = dx.columns(0, op.x().width());
        e.fill(dropped, 0);
        e.copy(dout, rest(dx));
      }
      case ADD -> {
        Tensor dx = rest(e.gradientImages(op.x()));
        e.add(dx, dout, dx);
      }
      case NONE, SHARED -> {}
    }
  }

  private Tensor rest(Tensor images) {
    return images.columns(op.x().width(), images.shape()[1] - op.x().width());
  }
}
