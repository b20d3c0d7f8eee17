package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.engine.cuda.Product.Matrix;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * Tasks of {@link Op.ConvTranspose2x}, a product with {@code weight} as {@code [C, 4 O]} whose
 * results are then put in their cells, and of {@link Op.AvgPool2x}.
 */
final class GridKernels {
  private final Emission emission;
  private final Buffers buffers;

  GridKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  List<Task> forward(Op.AvgPool2x op) {
    return List.of(
        Launch.rows(
            "avg_pool",
            op.out().rows(),
            op.out().width(),
            buffers.at(op.x()),
            buffers.at(op.out()),
            op.grid()));
  }

  List<Task> backward(Op.AvgPool2x op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    return emission.contributeOne(
        step.write(op.x()),
        op.x(),
        (to, add) ->
            Launch.rows(
                "avg_pool_backward", op.x().rows(), op.x().width(), dOut, to, add, op.grid()));
  }

  List<Task> forward(Op.ConvTranspose2x op) {
    int columns = 4 * op.out().width();
    Data products = products(op);
    return List.of(
        Product.of(
            op.x().rows(),
            columns,
            op.x().width(),
            x(op),
            weight(op),
            Matrix.of(products, columns)),
        Launch.rows(
            "place_cells",
            op.out().rows(),
            op.out().width(),
            products.at(),
            buffers.floats(op.bias()),
            buffers.at(op.out()),
            2 * op.grid()));
  }

  List<Task> backward(Op.ConvTranspose2x op, BackwardStep step) {
    int cells = op.x().rows();
    int ins = op.x().width();
    int columns = 4 * op.out().width();
    Address dOut = buffers.gradient(op.out()).at();
    Data products = products(op);
    Matrix dProducts = Matrix.of(products, columns);
    List<Task> tasks = new ArrayList<>();
    tasks.add(
        Launch.rows(
            "collect_cells",
            op.out().rows(),
            op.out().width(),
            dOut,
            products.at(),
            2 * op.grid()));
    Write weightWrite = step.write(op.weight());
    if (weightWrite != Write.NONE) {
      Matrix dWeight = Matrix.of(buffers.gradient(op.weight()), columns);
      tasks.add(
          Product.of(ins, columns, cells, x(op).turn(), dProducts, dWeight)
              .adding(weightWrite == Write.ADD));
    }
    int outs = op.out().width();
    tasks.addAll(
        emission.columnSums(step.write(op.bias()), dOut, outs, op.out().rows(), outs, op.bias()));
    Write xWrite = step.write(op.x());
    if (xWrite != Write.NONE) {
      Matrix dx = Matrix.of(buffers.gradient(op.x()), ins);
      tasks.add(
          Product.of(cells, ins, columns, dProducts, weight(op).turn(), dx)
              .adding(xWrite == Write.ADD));
    }
    return tasks;
  }

  private Matrix x(Op.ConvTranspose2x op) {
    return Matrix.of(buffers.of(op.x()), op.x().width());
  }

  private Matrix weight(Op.ConvTranspose2x op) {
    return Matrix.of(buffers.of(op.weight()), 4L * op.out().width());
  }

  /** {@code [cells, 4 O]}. */
  private Data products(Op.ConvTranspose2x op) {
    return emission.scratch().take(op.out().size(), buffers.activationType());
  }
}
