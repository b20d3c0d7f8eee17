package org.sparkmim.model.engine.reference;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;

/**
 * {@code out = sum_j w_j x_j}; {@code dx_j = w_j dout}, {@code dw_j = dout . x_j}. Where {@code w}
 * is a softmax of v, {@code dv_j = w_j (dw_j - sum_m w_m dw_m)}.
 */
final class MixKernel implements Kernel {
  private final int first;
  private final boolean softmax;
  private final List<double[]> terms;
  private final double[] weights;
  private final double[] out;
  private final double[] dout;
  private final List<double[]> dterms;
  private final double[] dweights;

  MixKernel(Op.Mix op, Operands operands) {
    first = op.row() * op.terms().size();
    softmax = op.softmax();
    terms = op.terms().stream().map(operands::numbers).toList();
    weights = operands.numbers(op.weights());
    out = operands.numbers(op.out());
    dout = operands.gradientOf(op.out());
    // Constant terms have none, and an immutable list takes no null.
    dterms = new ArrayList<>();
    op.terms().forEach(term -> dterms.add(operands.gradientFor(term)));
    dweights = operands.gradientFor(op.weights());
  }

  @Override
  public void forward() {
    double[] shares = shares();
    for (int i = 0; i < out.length; i++) {
      double sum = 0;
      for (int j = 0; j < shares.length; j++) {
        sum += shares[j] * terms.get(j)[i];
      }
      out[i] = sum;
    }
  }

  @Override
  public void backward() {
    double[] shares = shares();
    double[] dshares = new double[shares.length];
    for (int j = 0; j < shares.length; j++) {
      double[] term = terms.get(j);
      double[] dterm = dterms.get(j);
      for (int i = 0; i < out.length; i++) {
        dshares[j] += dout[i] * term[i];
        if (dterm != null) {
          dterm[i] += shares[j] * dout[i];
        }
      }
    }
    if (dweights != null) {
      double expected = 0;
      for (int j = 0; j < shares.length; j++) {
        expected += shares[j] * dshares[j];
      }
      for (int j = 0; j < shares.length; j++) {
        dweights[first + j] += softmax ? shares[j] * (dshares[j] - expected) : dshares[j];
      }
    }
  }

  private double[] shares() {
    double[] shares = new double[terms.size()];
    double sum = 0;
    for (int j = 0; j < shares.length; j++) {
      shares[j] = softmax ? Math.exp(weights[first + j]) : weights[first + j];
      sum += shares[j];
    }
    for (int j = 0; softmax && j < shares.length; j++) {
      shares[j] /= sum;
    }
    return shares;
  }
}
