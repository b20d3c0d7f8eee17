package org.sparkmim.model.engine.nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.CustomOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.Op;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Calls of ND4J operations in order: written without memory, bound to it once, replayed. Operations
 * and their contexts are kept, for to make them costs ten times a call.
 */
final class Tape {
  private static final double[] NO_NUMBERS = {};
  private static final long[] NO_INTEGERS = {};

  private final List<Supplier<Kernel>> written = new ArrayList<>();
  private Kernel[] kernels = {};

  /** A call of an operation of libnd4j's newer kind. */
  void custom(String name, List<Tensor> inputs, Tensor output) {
    custom(name, inputs, output, NO_NUMBERS, NO_INTEGERS);
  }

  /** A call of an operation of libnd4j's newer kind, with its arguments. */
  void custom(String name, List<Tensor> inputs, Tensor output, double[] numbers, long[] integers) {
    written.add(
        () -> {
          CustomOp op = DynamicCustomOp.builder(name).build();
          OpContext context = Nd4j.getExecutioner().buildContext();
          context.setInputArrays(inputs.stream().map(Tensor::array).toArray(INDArray[]::new));
          context.setOutputArrays(output.array());
          context.setTArguments(numbers);
          context.setIArguments(integers);
          return () -> Nd4j.exec(op, context);
        });
  }

  /** A call of an operation of libnd4j's older kind on single elements. */
  void elementwise(BiFunction<INDArray, INDArray, Op> operation, Tensor input, Tensor output) {
    written.add(
        () -> {
          Op op = operation.apply(input.array(), output.array());
          return () -> Nd4j.getExecutioner().exec(op);
        });
  }

  /** Binds everything written; the stores must be allocated. */
  void bind() {
    kernels = written.stream().map(Supplier::get).toArray(Kernel[]::new);
    written.clear();
  }

  void run() {
    for (Kernel kernel : kernels) {
      kernel.run();
    }
  }
}
