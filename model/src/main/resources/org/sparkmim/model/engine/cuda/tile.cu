// What fused attention is made of: a warp has SLICE rows of a left operand in registers, a block
// has TILE rows of a right one in shared memory, and heads are padded with zeros to WIDTH, a
// multiple of 16. Rows in shared memory begin an odd number of 16 bytes after one another, so that
// eight of them lie in different banks.

#define SLICE 16
#define TILE 64
#define PADDED(WIDTH) ((WIDTH) + 8)

/** Copies rows first to first + TILE of [rows, width] to [TILE, PADDED(WIDTH)], zeros beyond. */
template <int WIDTH>
__device__ inline void stage(
    Bf16* tile, const Bf16* from, Index stride, int first, int rows, int width) {
  const int eighths = WIDTH / 8;
  for (int i = threadIdx.y * LANES + threadIdx.x; i < TILE * eighths; i += blockDim.y * LANES) {
    int row = i / eighths;
    int column = i % eighths * 8;
    uint4 eight = {0, 0, 0, 0};
    if (first + row < rows && column < width) {
      eight = *(const uint4*)(from + (first + row) * stride + column);
    }
    *(uint4*)(tile + row * PADDED(WIDTH) + column) = eight;
  }
}

/** Rows first to first + SLICE of [rows, width] as left operands, zeros beyond. */
template <int WIDTH>
__device__ inline void load_slice(
    unsigned (&slice)[WIDTH / 16][4], const Bf16* from, Index stride, int first, int rows,
    int width) {
  for (int k = 0; k < WIDTH / 16; k++) {
    for (int part = 0; part < 4; part++) {
      int row = first + threadIdx.x / 4 + part % 2 * 8;
      int column = 16 * k + part / 2 * 8 + threadIdx.x % 4 * 2;
      bool inside = row < rows && column < width;
      slice[k][part] = inside ? *(const unsigned*)(from + row * stride + column) : 0;
    }
  }
}

/** d [SLICE, 16] = slice [SLICE, WIDTH] times sixteen rows of a tile, turned. */
template <int WIDTH>
__device__ inline void dot_rows(
    float (&d)[2][4], const unsigned (&slice)[WIDTH / 16][4], const Bf16* rows) {
  for (int i = 0; i < 8; i++) {
    d[i / 4][i % 4] = 0;
  }
  int lane = threadIdx.x;
  const Bf16* row = rows + (lane % 8 + lane / 16 * 8) * PADDED(WIDTH) + lane / 8 % 2 * 8;
  for (int k = 0; k < WIDTH / 16; k++) {
    unsigned parts[4];
    load_parts(parts, row + 16 * k);
    multiply_add(d[0], slice[k], parts[0], parts[1]);
    multiply_add(d[1], slice[k], parts[2], parts[3]);
  }
}

/** d [SLICE, WIDTH] += a [SLICE, 16], rounded to bf16, times sixteen rows of a tile. */
template <int WIDTH>
__device__ inline void add_rows(
    float (&d)[WIDTH / 8][4], const float (&a)[2][4], const Bf16* rows) {
  const unsigned left[4] = {
      pair(a[0][0], a[0][1]), pair(a[0][2], a[0][3]), pair(a[1][0], a[1][1]),
      pair(a[1][2], a[1][3])};
  const Bf16* row = rows + threadIdx.x % 16 * PADDED(WIDTH) + threadIdx.x / 16 * 8;
  for (int j = 0; j < WIDTH / 16; j++) {
    unsigned parts[4];
    load_turned_parts(parts, row + 16 * j);
    multiply_add(d[2 * j], left, parts[0], parts[1]);
    multiply_add(d[2 * j + 1], left, parts[2], parts[3]);
  }
}

/** Leaves d [SLICE, WIDTH] times a factor for either half of the rows in [rows, width]. */
template <int WIDTH>
__device__ inline void leave_slice(
    Bf16* to, Index stride, int first, int rows, int width, const float (&d)[WIDTH / 8][4],
    const float (&factor)[2], int add) {
  for (int half = 0; half < 2; half++) {
    int row = first + threadIdx.x / 4 + 8 * half;
    for (int j = 0; j < WIDTH / 8; j++) {
      int column = 8 * j + threadIdx.x % 4 * 2;
      if (row < rows && column < width) {
        unsigned* at = (unsigned*)(to + row * stride + column);
        unsigned old = add ? *at : 0;
        float low = number((Bf16)old) + d[j][2 * half] * factor[half];
        float high = number((Bf16)(old >> 16)) + d[j][2 * half + 1] * factor[half];
        *at = pair(low, high);
      }
    }
  }
}

/** Sum over the four lanes that share a row, known to all of them. */
__device__ inline float row_sum(float x) {
  x += __shfl_xor_sync(ALL_LANES, x, 1);
  return x + __shfl_xor_sync(ALL_LANES, x, 2);
}

__device__ inline float row_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, 1));
  return fmaxf(x, __shfl_xor_sync(ALL_LANES, x, 2));
}
