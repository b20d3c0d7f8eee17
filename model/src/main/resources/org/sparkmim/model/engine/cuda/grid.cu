// Neighbours on grids, channels last.

/** Row of the coarser grid that holds cell r of images of grid * grid cells. */
__device__ inline Index coarse(Index r, int grid) {
  Index column = r % grid;
  Index row = r / grid % grid;
  Index image = r / grid / grid;
  int half = grid / 2;
  return (image * half + row / 2) * half + column / 2;
}

/** x [images, grid * grid, width] to out [images, grid * grid / 4, width]; rows of out. */
extern "C" __global__ void avg_pool(const T* x, T* out, int grid, Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  int half = grid / 2;
  Index column = r % half;
  Index row = r / half % half;
  Index image = r / half / half;
  const T* from = x + ((image * grid + 2 * row) * grid + 2 * column) * width;
  Index below = (Index)grid * width;
  FOR_WIDTH(j, width) {
    put(out + r * width + j,
        (number(from[j]) + number(from[width + j]) + number(from[below + j])
            + number(from[below + width + j])) / 4);
  }
}

/** Rows of dx. */
extern "C" __global__ void avg_pool_backward(
    const T* dout, T* dx, int add, int grid, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    Index from = coarse(r, grid);
    FOR_WIDTH(j, width) { leave(dx + r * width + j, number(dout[from * width + j]) / 4, add); }
  }
}

/** Column of products [cells, outs * 2 * 2] for cell r of the finer grid and channel j. */
__device__ inline Index product_column(Index r, int grid, int j) {
  return (Index)j * 4 + r / grid % 2 * 2 + r % 2;
}

/**
 * products [images * g * g, outs * 2 * 2] to cells of the finer grid, out [images, 4 g g, outs],
 * plus bias; grid = 2 g; rows of out.
 */
extern "C" __global__ void place_cells(
    const T* products, const float* bias, T* out, int grid, Index rows, int outs) {
  Index r = ROW;
  if (r < rows) {
    const T* from = products + coarse(r, grid) * outs * 4;
    FOR_WIDTH(j, outs) {
      put(out + r * outs + j, number(from[product_column(r, grid, j)]) + bias[j]);
    }
  }
}

/** The way back: rows of dout. */
extern "C" __global__ void collect_cells(
    const T* dout, T* products, int grid, Index rows, int outs) {
  Index r = ROW;
  if (r < rows) {
    T* to = products + coarse(r, grid) * outs * 4;
    FOR_WIDTH(j, outs) { to[product_column(r, grid, j)] = dout[r * outs + j]; }
  }
}
