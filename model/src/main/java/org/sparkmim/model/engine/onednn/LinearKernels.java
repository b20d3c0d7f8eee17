package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;

/** Kernels of {@link Op.Linear}. */
final class LinearKernels {
  private final Emission emission;
  private final List<Kernel> packing;

  /**
   * @param packing receives the kernels that copy weights into packed layouts, to be run whenever
   *     parameters have changed
   */
  LinearKernels(Emission emission, List<Kernel> packing) {
    this.emission = emission;
    this.packing = packing;
  }

  List<Kernel> forward(Op.Linear op) {
    Buffers buffers = emission.buffers();
    Tensor x = buffers.rows(op.x());
    Tensor weight = weight(op);
    Tensor bias = buffers.of(op.bias()).reshape(1, op.out().width());
    Dnnl.Attributes attributes = emission.dnnl().attributes();
    if (op.residual() != null) {
      attributes.add(buffers.rows(op.residual()));
    }
    return List.of(product(x, weight.transpose(), bias, buffers.rows(op.out()), attributes));
  }

  List<Kernel> backward(Op.Linear op, BackwardStep step) {
    Buffers buffers = emission.buffers();
    Tensor dOut = buffers.gradientRows(op.out());
    List<Kernel> kernels = new ArrayList<>();
    Write weightWrite = step.write(op.weight());
    if (weightWrite != Write.NONE) {
      kernels.add(
          emission
              .primitives()
              .matmul(
                  dOut.transpose(),
                  buffers.rows(op.x()),
                  null,
                  buffers.gradient(op.weight()).reshape(op.out().width(), op.x().width()),
                  emission.leaving(weightWrite)));
    }
    kernels.addAll(emission.columnSums(step.write(op.bias()), dOut, buffers.gradient(op.bias())));
    Write xWrite = step.write(op.x());
    if (xWrite != Write.NONE) {
      kernels.add(
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

  private Kernel product(
      Tensor a, Tensor weight, Tensor bias, Tensor c, Dnnl.Attributes attributes) {
    if (emission.buffers().activationType() != dnnl_bf16) {
      return emission.primitives().matmul(a, weight, bias, c, attributes);
    }
    Primitives.Packed packed =
        emission.primitives().packedMatmul(a, weight, dnnl_bf16, bias, c, attributes);
    packing.add(packed.pack());
    return packed.product();
  }
}
