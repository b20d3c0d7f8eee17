package org.sparkmim.model.method;

import java.util.List;

/** A tensor that published checkpoints hold but nobody trains. */
public record FixedTensor(String name, List<Integer> shape, float[] numbers) {
  /** The filters of HOG, horizontal and vertical differences. */
  public static FixedTensor sobel(String name) {
    float[] numbers = {1, 0, -1, 2, 0, -2, 1, 0, -1, 1, 2, 1, 0, 0, 0, -1, -2, -1};
    return new FixedTensor(name, List.of(2, 1, 3, 3), numbers);
  }
}
