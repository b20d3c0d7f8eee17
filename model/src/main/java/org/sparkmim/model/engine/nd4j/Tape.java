package org.sparkmim.model.engine.nd4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private final List<String> kinds = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>();
  private Kernel[] kernels = {};
  private long[] nanos = {};

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

  /** Says what kind of operation the calls since the last one make up. */
  void close(String kind) {
    kinds.add(kind);
    ends.add(written.size());
  }

  /** Binds everything written; the stores must be allocated. */
  void bind() {
    kernels = written.stream().map(Supplier::get).toArray(Kernel[]::new);
    nanos = new long[kinds.size()];
    written.clear();
  }

  void run() {
    int next = 0;
    for (int i = 0; i < nanos.length; i++) {
      long before = System.nanoTime();
      for (int end = ends.get(i); next < end; next++) {
        kernels[next].run();
      }
      nanos[i] += System.nanoTime() - before;
    }
  }

  /** Adds the time spent so far to that of the same kinds. */
  void addTo(Map<String, Long> byKind) {
    for (int i = 0; i < nanos.length; i++) {
      byKind.merge(kinds.get(i), nanos[i], Long::sum);
    }
  }
}
