// Sums over the rows of a matrix, in two passes: chunks of rows side by side, then the chunks in
// their order. Blocks are [WARPS, LANES] threads, one lane a column; grid [columns / LANES, chunks].

/** Adds what the warps of a block have for each column, in their order; the first warp gets it. */
__device__ inline float over_warps(float x) {
  __shared__ float tile[WARPS][LANES];
  __syncthreads();
  tile[threadIdx.y][threadIdx.x] = x;
  __syncthreads();
  float sum = 0;
  for (int w = 0; w < WARPS; w++) {
    sum += tile[w][threadIdx.x];
  }
  return sum;
}

#define COLUMN ((Index)blockIdx.x * LANES + threadIdx.x)
#define FOR_CHUNK(r, rows, chunk) \
  for (Index r = (Index)blockIdx.y * (chunk) + threadIdx.y, \
             last = lesser(rows, ((Index)blockIdx.y + 1) * (chunk)); \
       r < last; r += WARPS)

/** rows [count, width], each stride elements after the last; partial [chunks, width]. */
extern "C" __global__ void column_sums(
    const T* rows, Index stride, int count, Index width, int chunk, float* partial) {
  Index j = COLUMN;
  float sum = 0;
  if (j < width) {
    FOR_CHUNK(r, count, chunk) { sum += number(rows[r * stride + j]); }
  }
  sum = over_warps(sum);
  if (threadIdx.y == 0 && j < width) {
    partial[blockIdx.y * width + j] = sum;
  }
}

/**
 * Sum of the rows that fill gaps: token t of image b of dout [images, first + tokens, width], where
 * its rank, restore[b * per_image + t], is not below visible.
 */
extern "C" __global__ void gap_sums(
    const T* dout, const int* restore, int images, int tokens, int first, int per_image,
    int visible, int width, int chunk, float* partial) {
  Index j = COLUMN;
  float sum = 0;
  if (j < width) {
    FOR_CHUNK(r, (Index)images * tokens, chunk) {
      Index b = r / tokens;
      Index t = r % tokens;
      if (restore[b * per_image + t] >= visible) {
        sum += number(dout[(b * (first + tokens) + first + t) * width + j]);
      }
    }
  }
  sum = over_warps(sum);
  if (threadIdx.y == 0 && j < width) {
    partial[(Index)blockIdx.y * width + j] = sum;
  }
}

/** gradient = or += sum of partial [chunks, width] over chunks. */
extern "C" __global__ void add_chunks(
    const float* partial, int chunks, Index width, float* gradient, int add) {
  FOR_ELEMENTS(j, width) {
    float sum = 0;
    for (int c = 0; c < chunks; c++) {
      sum += partial[c * width + j];
    }
    leave(gradient + j, sum, add);
  }
}
