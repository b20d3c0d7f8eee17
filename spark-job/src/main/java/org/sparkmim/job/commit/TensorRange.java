package org.sparkmim.job.commit;

import java.util.List;

/**
 * A named tensor's place in the flat vectors.
 *
 * @param name official name, such as {@code blocks.0.attn.qkv.weight}
 * @param shape extents, slowest first
 * @param offset first element
 */
public record TensorRange(String name, List<Long> shape, long offset) {
  public TensorRange {
    shape = List.copyOf(shape);
  }

  long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
