package org.sparkmim.model.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.model.graph.Op;
import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/** Tasks of {@link Op.Mix}. */
final class MixKernels {
  /** {@code MOST_TERMS} of mix.cu. */
  private static final int MOST_TERMS = 64;

  private static final int MOST_CHUNKS = 256;
  private static final int ELEMENTS_OF_A_CHUNK = 4096;

  private final Emission emission;
  private final Buffers buffers;

  MixKernels(Emission emission) {
    this.emission = emission;
    buffers = emission.buffers();
  }

  List<Task> forward(Op.Mix op) {
    if (op.terms().size() > MOST_TERMS) {
      throw new IllegalArgumentException(
          "%d terms are mixed; the kernel takes %d".formatted(op.terms().size(), MOST_TERMS));
    }
    return List.of(
        Launch.elements(
            "mix",
            op.out().size(),
            terms(op),
            weights(op),
            op.terms().size(),
            softmax(op),
            buffers.at(op.out())));
  }

  List<Task> backward(Op.Mix op, BackwardStep step) {
    Address dOut = buffers.gradient(op.out()).at();
    int count = op.terms().size();
    List<Task> tasks = new ArrayList<>();
    for (int j = 0; j < count; j++) {
      int term = j;
      Value x = op.terms().get(j);
      tasks.addAll(
          emission.contributeOne(
              step.write(x),
              x,
              (to, add) ->
                  Launch.elements(
                      "mix_backward",
                      x.size(),
                      weights(op),
                      count,
                      softmax(op),
                      term,
                      dOut,
                      to,
                      add)));
    }
    Write write = step.write(op.weights());
    if (write != Write.NONE) {
      tasks.addAll(weightGradient(op, write, dOut));
    }
    return tasks;
  }

  private List<Task> weightGradient(Op.Mix op, Write write, Address dOut) {
    int count = op.terms().size();
    long size = op.out().size();
    int chunks = (int) Math.min(MOST_CHUNKS, Launch.ceiling(size, ELEMENTS_OF_A_CHUNK));
    Address partial = emission.scratch().floats((long) chunks * count);
    Address gradient = buffers.parameterGradient(op.weights());
    List<Task> tasks = new ArrayList<>();
    if (write == Write.SET) {
      // Other rows have no part in this operation.
      tasks.add(new Clear(gradient, Type.F32.bytes(op.weights().size())));
    }
    tasks.add(Launch.blocks("mix_products", chunks, count, terms(op), dOut, partial, size));
    tasks.add(
        Launch.blocks(
            "mix_weights",
            1,
            1,
            weights(op),
            count,
            softmax(op),
            partial,
            chunks,
            gradient.plus(Type.F32.bytes((long) op.row() * count)),
            1));
    return tasks;
  }

  private Address terms(Op.Mix op) {
    return emission.constants().addresses(op.terms().stream().map(buffers::at).toList());
  }

  private Address weights(Op.Mix op) {
    return buffers.floats(op.weights()).plus(Type.F32.bytes((long) op.row() * op.terms().size()));
  }

  private static int softmax(Op.Mix op) {
    return op.softmax() ? 1 : 0;
  }
}
