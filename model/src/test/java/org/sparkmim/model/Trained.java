package org.sparkmim.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkmim.model.engine.Distances;
import org.sparkmim.model.engine.OffHeap;
import org.sparkmim.model.nn.ParameterLayout;

/** What a pass of a network in training left, and how far that is from another's. */
final class Trained {
  /** Tensors that are smaller are rounding only, as some gradients are. */
  private static final double FLOOR = 1e-2;

  private Trained() {}

  /** The losses of a pass and, under {@code grad/name}, the gradients that it left. */
  static Map<String, float[]> of(Training network, double[] losses) {
    Map<String, float[]> results = new LinkedHashMap<>();
    for (int k = 0; k < losses.length; k++) {
      results.put("loss/" + k, new float[] {(float) losses[k]});
    }
    OffHeap gradients = new OffHeap(network.state().gradients(), network.layout().size());
    for (ParameterLayout.Entry entry : network.layout().entries()) {
      float[] gradient = new float[(int) entry.size()];
      gradients.get(entry.offset(), gradient, gradient.length);
      results.put("grad/" + entry.name(), gradient);
    }
    return results;
  }

  /** Relative, but absolute of what is rounding only. */
  static double distance(float[] actual, float[] expected) {
    return Distances.relative(actual, expected, FLOOR);
  }
}
