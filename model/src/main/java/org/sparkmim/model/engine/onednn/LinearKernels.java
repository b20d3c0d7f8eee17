package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/** Kernels of {@link Op.Linear}. */
final class LinearKernels {
  /** From this many elements of a weight on, its gradient's operands are worth a copy. */
  private static final long LARGE = 1 << 17;

  private final Emission emission;

  LinearKernels(Emission emission) {
    this.emission = emission;
  }

  List<Kernel> forward(Op.Linear op) {
    Buffers buffers = emission.buffers();
    Tensor x = buffers.rows(op.x());
    Tensor weight = weight(op);
    Tensor bias = op.bias() == null ? null : buffers.of(op.bias()).reshape(1, op.out().width());
    Tensor out = buffers.rows(op.out());
    List<Kernel> kernels =
        new ArrayList<>(product(x, weight.transpose(), bias, out, emission.dnnl().attributes()));
    if (op.residual() != null) {
      // As a post-operation of the product the addition takes longer than by itself.
      kernels.add(emission.primitives().add(buffers.rows(op.residual()), out));
    }
    return kernels;
  }

  List<Kernel> backward(Op.Linear op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Tensor dOut = buffers.gradientRows(op.out());
    List<Kernel> kernels = new ArrayList<>();
    Write weightWrite = step.write(op.weight());
    if (weightWrite != Write.NONE) {
      kernels.addAll(
          weightGradient(
              dOut,
              buffers.rows(op.x()),
              buffers.gradient(op.weight()).reshape(op.out().width(), op.x().width()),
              emission.leaving(weightWrite)));
    }
    if (op.bias() != null) {
      kernels.addAll(emission.columnSums(step.write(op.bias()), dOut, buffers.gradient(op.bias())));
    }
    Write xWrite = step.write(op.x());
    if (xWrite != Write.NONE) {
      kernels.addAll(
          product(dOut, weight(op), null, buffers.gradientRows(op.x()), emission.leaving(xWrite)));
    }
    if (op.residual() != null) {
      kernels.addAll(residual(op, step, dOut));
    }
    return kernels;
  }

  private List<Kernel> residual(Op.Linear op, BackwardStep step, Tensor dOut) {
    return switch (step.write(op.residual())) {
      case NONE, SHARED -> List.of();
      case SET ->
          List.of(emission.primitives().copy(dOut, emission.buffers().gradientRows(op.residual())));
      case ADD ->
          List.of(emission.primitives().add(dOut, emission.buffers().gradientRows(op.residual())));
    };
  }

  /** {@code [out, in]}. */
  private Tensor weight(Op.Linear op) {
    return emission.buffers().of(op.weight()).reshape(op.out().width(), op.x().width());
  }

  private List<Kernel> product(
      Tensor a, Tensor weight, Tensor bias, Tensor c, Dnnl.Attributes attributes) {
    if (a.type() != dnnl_bf16) {
      return List.of(emission.primitives().matmul(a, weight, bias, c, attributes));
    }
    return emission.primitives().packedMatmul(a, weight, emission.packed(), bias, c, attributes);
  }

  /**
   * {@code dOut' * x}. In bf16 the product wants pairs of rows of {@code x} side by side, and
   * {@code dOut} with rows as columns; it makes both on the fly, but more slowly than copies
   * beforehand where the matrices are large. A wide {@code dOut} is left to the product all the
   * same.
   */
  private List<Kernel> weightGradient(
      Tensor dOut, Tensor x, Tensor dWeight, Dnnl.Attributes attributes) {
    Primitives primitives = emission.primitives();
    if (dOut.type() != dnnl_bf16 || dWeight.size() < LARGE) {
      return List.of(primitives.matmul(dOut.transpose(), x, null, dWeight, attributes));
    }
    long rows = dOut.dims()[0];
    long out = dOut.dims()[1];
    if (out > x.dims()[1]) {
      return primitives.packedMatmul(
          dOut.transpose(), x, emission.packed(), null, dWeight, attributes);
    }
    Tensor turned = Tensor.in(emission.scratch(), dOut.type(), out, rows);
    List<Kernel> kernels = new ArrayList<>();
    kernels.add(primitives.copy(dOut.transpose(), turned));
    kernels.addAll(
        primitives.packedMatmul(turned, x, emission.packed(), null, dWeight, attributes));
    return kernels;
  }
}
