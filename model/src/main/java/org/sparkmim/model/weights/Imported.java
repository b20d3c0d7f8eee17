package org.sparkmim.model.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file's tensors as ours.
 *
 * @param tensors by our name; their numbers are read from the file when asked for
 * @param passedOver tensors of the file that are no part of the model
 * @param stands which tensor was taken for which, where it is not the usual one
 */
public record Imported(
    Map<String, FloatTensor> tensors, List<String> passedOver, List<String> stands) {
  public Imported {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    passedOver = List.copyOf(passedOver);
    stands = List.copyOf(stands);
  }
}
