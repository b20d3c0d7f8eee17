package org.sparkmim.model.engine.reference;

import org.sparkmim.model.graph.Schedule.BackwardStep;
import org.sparkmim.model.graph.Schedule.Write;
import org.sparkmim.model.graph.Value;

/**
 * The arrays that the kernel of one operation works on.
 *
 * @param step the operation's backward step, or null if no gradient passes through it
 */
record Operands(Memory memory, BackwardStep step) {
  double[] numbers(Value value) {
    return memory.numbers(value);
  }

  int[] indices(Value value) {
    return memory.indices(value);
  }

  /** Gradient of the output; null if there is none, as for a loss, of which it is 1. */
  double[] gradientOf(Value out) {
    return memory.gradient(out);
  }

  /** Where to add to the gradient of an input; null where nothing is to be done. */
  double[] gradientFor(Value input) {
    Write write = step == null ? Write.NONE : step.write(input);
    return switch (write) {
      case SET, ADD -> memory.gradient(input);
      case NONE, SHARED -> null;
    };
  }
}
