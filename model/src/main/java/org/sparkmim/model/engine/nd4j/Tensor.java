package org.sparkmim.model.engine.nd4j;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Where the elements of an operand lie in a {@link Store}: shape and strides, no memory. */
record Tensor(Store store, long offset, long[] shape, long[] strides) {
  /** Row-major, without gaps. */
  static Tensor dense(Store store, long offset, long... shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      strides[d] = stride;
      stride *= shape[d];
    }
    return new Tensor(store, offset, shape, strides);
  }

  long size() {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    return size;
  }

  /** The same elements of a dense tensor in another shape. */
  Tensor as(long... other) {
    return dense(store, offset, other);
  }

  /** A dense tensor as rows of that width. */
  Tensor rows(long width) {
    return as(size() / width, width);
  }

  /** Rows {@code [first, first + count)} of a dense tensor of rank 2. */
  Tensor rows(long first, long count) {
    return dense(store, offset + first * shape[1], count, shape[1]);
  }

  /** Columns {@code [first, first + count)} of a dense tensor of rank 2. */
  Tensor columns(long first, long count) {
    return view(first, new long[] {shape[0], count}, strides);
  }

  /** Some elements of it, from the one at {@code first} on. */
  Tensor view(long first, long[] extents, long[] steps) {
    return new Tensor(store, offset + first, extents, steps);
  }

  /** A view of the store's memory, which must be allocated. */
  INDArray array() {
    return Nd4j.create(store.memory().data(), shape, strides, offset, 'c');
  }
}
