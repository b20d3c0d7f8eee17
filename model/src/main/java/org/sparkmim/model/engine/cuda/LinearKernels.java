package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.cuda.Product.Matrix;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * Tasks of {@link Op.Linear}: one product forward, with bias and residual in its epilogue, and one
 * for each gradient.
 */
final class LinearKernels {
  private final Emission emission;

  LinearKernels(Emission emission) {
    this.emission = emission;
  }

  List<Task> forward(Op.Linear op) {
    Buffers buffers = emission.buffers();
    List<Task> tasks = new ArrayList<>();
    Data out = buffers.of(op.out());
    Product product =
        Product.of(
            op.x().rows(),
            op.out().width(),
            op.x().width(),
            rows(op.x()),
            weight(op).turn(),
            Matrix.of(out, op.out().width()));
    if (op.bias() != null) {
      product = product.plusBias(buffers.of(op.bias(), out.type()).at());
    }
    if (op.residual() != null) {
      Data residual = buffers.of(op.residual());
      if (residual.type() == out.type()) {
        product = product.plus(Matrix.of(residual, op.out().width()));
      } else {
        tasks.add(Launch.elements("widen", op.out().size(), residual.at(), out.at(), 0));
        product = product.adding(true);
      }
    }
    tasks.add(product);
    return tasks;
  }

  List<Task> backward(Op.Linear op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    int rows = op.x().rows();
    int ins = op.x().width();
    int outs = op.out().width();
    Data dOut = buffers.gradient(op.out());
    List<Task> tasks = new ArrayList<>();
    Write weightWrite = step.write(op.weight());
    if (weightWrite != Write.NONE) {
      Matrix dWeight = Matrix.of(buffers.gradient(op.weight()), ins);
      tasks.add(
          Product.of(outs, ins, rows, Matrix.of(dOut, outs).turn(), rows(op.x()), dWeight)
              .adding(weightWrite == Write.ADD));
    }
    if (op.bias() != null) {
      tasks.addAll(
          emission.columnSums(step.write(op.bias()), dOut.at(), outs, rows, outs, op.bias()));
    }
    Write xWrite = step.write(op.x());
    if (xWrite != Write.NONE) {
      Matrix dx = Matrix.of(buffers.gradient(op.x()), ins);
      tasks.add(
          Product.of(rows, ins, outs, Matrix.of(dOut, outs), weight(op), dx)
              .adding(xWrite == Write.ADD));
    }
    if (op.residual() != null) {
      tasks.addAll(
          emission.contributeOne(
              step.write(op.residual()),
              op.residual(),
              (to, add) -> Launch.elements("copy", op.out().size(), dOut.at(), to, add)));
    }
    return tasks;
  }

  private Matrix rows(Value value) {
    return Matrix.of(emission.buffers().of(value), value.width());
  }

  /** {@code [out, in]}. */
  private Matrix weight(Op.Linear op) {
    return Matrix.of(emission.buffers().of(op.weight()), op.x().width());
  }
}
