package org.sparkmim.model.engine.nd4j;

import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * {@code out = sum_j w_j x_j}; {@code dx_j = w_j dout}, {@code dw_j = dout . x_j}. Where {@code w}
 * is a softmax of v, {@code dv_j = w_j (dw_j - sum_m w_m dw_m)}.
 */
record MixCalls(Op.Mix op, Emission e) implements Calls {
  @Override
  public void forward() {
    Tensor shares = shares();
    Tensor out = e.rows(op.out());
    Tensor share = e.scratch(out.shape());
    for (int j = 0; j < op.terms().size(); j++) {
      Tensor term = e.rows(op.terms().get(j));
      e.multiply(term, shares.columns(j, 1), j == 0 ? out : share);
      if (j > 0) {
        e.add(out, share, out);
      }
    }
  }

  @Override
  public void backward(BackwardStep step) {
    Tensor shares = shares();
    Tensor dout = e.gradientRows(op.out());
    List<Value> terms = op.terms();
    for (int j = 0; j < terms.size(); j++) {
      Tensor share = shares.columns(j, 1);
      e.contribute(step, terms.get(j), dterm -> e.multiply(dout, share, dterm));
    }
    if (step.write(op.weights()) != Write.NONE) {
      weightGradients(step, shares, dout);
    }
  }

  private void weightGradients(BackwardStep step, Tensor shares, Tensor dout) {
    Tensor dshares = e.scratch(shares.shape());
    Tensor product = e.scratch(dout.shape());
    for (int j = 0; j < op.terms().size(); j++) {
      e.multiply(dout, e.rows(op.terms().get(j)), product);
      e.sum(product, dshares.columns(j, 1), 1);
    }
    if (op.softmax()) {
      Tensor products = e.scratch(shares.shape());
      Tensor expected = e.scratch(1, 1);
      e.multiply(shares, dshares, products);
      e.rowSums(products, expected, 1);
      e.subtract(dshares, expected, dshares);
      e.multiply(dshares, shares, dshares);
    }
    Tensor all = e.gradientRows(op.weights());
    if (step.write(op.weights()) == Write.SET) {
      e.fill(all, 0);
    }
    Tensor row = row(all);
    e.add(row, dshares, row);
  }

  /** {@code w [1, n]}. */
  private Tensor shares() {
    Tensor row = row(e.rows(op.weights()));
    if (!op.softmax()) {
      return row;
    }
    Tensor shares = e.scratch(row.shape());
    e.softmax(row, shares);
    return shares;
  }

  /** The operation's row of weights {@code [R, n]}, whatever shape the parameter has. */
  private Tensor row(Tensor weights) {
    return weights.rows(op.terms().size()).rows(op.row(), 1);
  }
}
