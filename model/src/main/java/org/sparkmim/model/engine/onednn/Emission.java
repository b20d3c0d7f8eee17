package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_f32;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.sparkmim.model.graph.Schedule.Write;

/**
 * What kernels are made with.
 *
 * @param scratch memory for intermediate results within one operation
 * @param scratch2 more of it, for operations that need two at once
 * @param packed room for the matrix of one product in the layout that the product prefers
 */
record Emission(
    Dnnl dnnl,
    Primitives primitives,
    Buffers buffers,
    Region scratch,
    Region scratch2,
    Region packed) {

  /**
   * Leaves a contribution to a gradient: straight into its buffer, or through scratch memory and an
   * addition where others have written before.
   */
  List<Kernel> contribute(Write write, Tensor gradient, Function<Tensor, Kernel> kernel) {
    List<Kernel> kernels = new ArrayList<>();
    switch (write) {
      case NONE, SHARED -> {}
      case SET -> kernels.add(kernel.apply(gradient));
      case ADD -> {
        Tensor part = Tensor.in(scratch, gradient.type(), gradient.dims());
        kernels.add(kernel.apply(part));
        kernels.add(primitives.add(part, gradient));
      }
    }
    return kernels;
  }

  /** Attributes of a product whose result is a contribution to a gradient. */
  Dnnl.Attributes leaving(Write write) {
    Dnnl.Attributes attributes = dnnl.attributes();
    return write == Write.ADD ? attributes.accumulate() : attributes;
  }

  /**
   * The sum over rows of {@code [M, N]} as a contribution to a parameter's gradient: a product with
   * ones, because oneDNN's reduction has no fast path for this.
   */
  List<Kernel> columnSums(Write write, Tensor rows, Tensor gradient) {
    if (write == Write.NONE) {
      return List.of();
    }
    long count = rows.dims()[0];
    Tensor ones = Tensor.of(dnnl.allocate(count * 4), rows.type(), 1, count);
    float[] numbers = new float[Math.toIntExact(count)];
    Arrays.fill(numbers, 1);
    new HostAccess(ones).write(numbers);
    return List.of(
        primitives.matmul(ones, rows, null, gradient.reshape(1, rows.dims()[1]), leaving(write)));
  }

  /** Scratch memory of float32. */
  Tensor floats(long... dims) {
    return Tensor.in(scratch, dnnl_f32, dims);
  }
}
