package org.sparkmim.model.engine.onednn;

import static org.bytedeco.dnnl.global.dnnl.dnnl_bf16;

import org.bytedeco.javacpp.BytePointer;

/**
 * A strided view of memory.
 *
 * @param data first element, or null while the memory is a {@link Region}
 * @param region shared memory, or null
 * @param type oneDNN data type
 * @param dims extents
 * @param strides in elements
 */
record Tensor(BytePointer data, Region region, int type, long[] dims, long[] strides) {
  static Tensor of(BytePointer data, int type, long... dims) {
    return new Tensor(data, null, type, dims, rowMajor(dims));
  }

  static Tensor in(Region region, int type, long... dims) {
    return new Tensor(null, region, type, dims, rowMajor(dims));
  }

  /** Bytes of an element of that type. */
  static int bytesOf(int type) {
    return type == dnnl_bf16 ? 2 : 4;
  }

  /** The same memory, contiguous, in another shape. */
  Tensor reshape(long... newDims) {
    return new Tensor(data, region, type, newDims, rowMajor(newDims));
  }

  /** A view with other extents and strides, starting {@code offset} elements further. */
  Tensor view(long offset, long[] newDims, long[] newStrides) {
    if (offset == 0) {
      return new Tensor(data, region, type, newDims, newStrides);
    }
    if (data == null) {
      throw new IllegalArgumentException("a view into a region starts at its start");
    }
    return new Tensor(data.getPointer(offset * bytesOf(type)), null, type, newDims, newStrides);
  }

  /** The two-dimensional transpose. */
  Tensor transpose() {
    return new Tensor(
        data, region, type, new long[] {dims[1], dims[0]}, new long[] {strides[1], strides[0]});
  }

  long size() {
    long n = 1;
    for (long extent : dims) {
      n *= extent;
    }
    return n;
  }

  long bytes() {
    return size() * bytesOf(type);
  }

  private static long[] rowMajor(long[] dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strides;
  }
}
