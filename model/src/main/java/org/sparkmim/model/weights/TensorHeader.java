package org.sparkmim.model.weights;

import java.util.List;

/**
 * What a file says about one tensor.
 *
 * @param name official name, such as {@code blocks.0.attn.qkv.weight}
 * @param shape extents, slowest first; empty for a scalar
 * @param begin first byte, counted from the start of the data (not of the file)
 * @param end byte after the last one
 */
public record TensorHeader(String name, TensorType type, List<Long> shape, long begin, long end) {
  public TensorHeader {
    shape = List.copyOf(shape);
  }

  /** Number of elements: the product of the extents, 1 for a scalar. */
  public long elements() {
    return (end - begin) / type.bytes();
  }

  /** Number of bytes in the file. */
  public long bytes() {
    return end - begin;
  }
}
