package org.sparkmim.model.optim;

import java.util.List;
import org.sparkmim.model.nn.ParameterLayout;

/** An optimiser's pass over the trained parameters, where they lie. */
public interface Updates {
  /**
   * Changes every trained parameter and its moments by the gradients.
   *
   * @param rate learning rate
   * @param step number of this update, from 1; for Adam's bias correction
   */
  void apply(Optimizer optimizer, double rate, long step);

  /**
   * A stretch of the flat vectors whose elements are updated alike.
   *
   * @param first element
   * @param end past the last element
   * @param decayed whether weight decay applies
   * @param scale of the learning rate, and with it of the decoupled decay
   */
  record Range(long first, long end, boolean decayed, double scale) {
    /** Where those parameters lie, lower layers learning as {@code layers} says. */
    public static List<Range> of(List<ParameterLayout.Entry> trained, LayerDecay layers) {
      return trained.stream()
          .map(
              entry ->
                  new Range(
                      entry.offset(),
                      entry.offset() + entry.size(),
                      entry.decayed(),
                      layers.scale(entry.name())))
          .toList();
    }
  }
}
