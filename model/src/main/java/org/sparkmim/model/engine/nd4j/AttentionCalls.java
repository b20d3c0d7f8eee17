package org.sparkmim.model.engine.nd4j;

import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;

/** {@link Heads} over the tokens of an image. */
record AttentionCalls(Op.Attention op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor probabilities = e.rows(op.probabilities());
    heads().scores(e.rows(op.qkv()), probabilities);
    e.softmax(probabilities, probabilities);
    heads().attend(probabilities, e.rows(op.qkv()), e.rows(op.out()));
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor qkv = e.rows(op.qkv());
    Tensor probabilities = e.rows(op.probabilities());
    Tensor dout = e.gradientRows(op.out());
    Tensor dscores = heads().scoreGradients(probabilities, qkv, dout);
    e.accumulate(
        step,
        op.qkv(),
        (dqkv, beta) -> heads().inputGradients(probabilities, dscores, qkv, dout, dqkv, beta));
  }

  private Heads heads() {
    return new Heads(e, op.qkv().extent(0), op.tokens(), op.queries(), op.heads(), op.headWidth());
  }
}
