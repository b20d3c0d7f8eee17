// What fused attention is made of: a warp has SLICE rows of a left operand in registers, a block
// has TILE rows of a right one in shared memory, and heads are padded with zeros to WIDTH, a
// multiple of 16. Rows in shared memory begin an odd number of 16 bytes after one another, so that
// eight of them lie in different banks.

#define SLICE 16
#define TILE 64
#define PADDED(WIDTH) ((WIDTH) + 8)

/** Rows of one head of one image, [tokens, width]. */
template <class Element>
struct Head {
  Element* rows;
  int stride;
  int tokens;
  int width;
};

/** Begins to copy rows first to first + TILE to [TILE, PADDED(WIDTH)], zeros beyond the head's. */
template <int WIDTH>
__device__ inline void begin_tile(Bf16* tile, const Head<const Bf16>& head, int first) {
  const int eighths = WIDTH / 8;
  for (int i = threadIdx.y * LANES + threadIdx.x; i < TILE * eighths; i += blockDim.y * LANES) {
    int row = i / eighths;
    int column = i % eighths * 8;
    bool inside = first + row < head.tokens && column < head.width;
    const Bf16* from = head.rows + (inside ? (first + row) * head.stride + column : 0);
    begin_copy(tile + row * PADDED(WIDTH) + column, from, inside);
  }
}

/** The row that a lane names for the parts above left, below left, above right and below right. */
template <int WIDTH>
__device__ inline const Bf16* lane_row(const Bf16* rows) {
  return rows + threadIdx.x % 16 * PADDED(WIDTH) + threadIdx.x / 16 * 8;
}

/** A slice for each warp of the block, from row first on, by way of two tiles. */
template <int WIDTH>
__device__ inline void load_slices(
    unsigned (&slice)[WIDTH / 16][4], Bf16* tiles, const Head<const Bf16>& head, int first) {
  __syncthreads();
  for (int row = 0; row < (int)blockDim.y * SLICE; row += TILE) {
    begin_tile<WIDTH>(tiles + row * PADDED(WIDTH), head, first + row);
  }
  finish_copies();
  __syncthreads();
  const Bf16* row = lane_row<WIDTH>(tiles + threadIdx.y * SLICE * PADDED(WIDTH));
  for (int k = 0; k < WIDTH / 16; k++) {
    load_parts(slice[k], row + 16 * k);
  }
}

/** d [SLICE, 16] = slice [SLICE, WIDTH] times sixteen rows of a tile, turned. */
template <int WIDTH>
__device__ inline void dot_rows(
    float (&d)[2][4], const unsigned (&slice)[WIDTH / 16][4], const Bf16* rows) {
  for (int i = 0; i < 8; i++) {
    d[i / 4][i % 4] = 0;
  }
  const Bf16* row = lane_row<WIDTH>(rows);
  for (int k = 0; k < WIDTH / 16; k++) {
    unsigned parts[4];
    load_parts(parts, row + 16 * k);
    multiply_add(d[0], slice[k], parts[0], parts[2]);
    multiply_add(d[1], slice[k], parts[1], parts[3]);
  }
}

/** A result [SLICE, 16], rounded to bf16, as a left operand. */
__device__ inline void as_left(unsigned (&left)[4], const float (&d)[2][4]) {
  for (int i = 0; i < 4; i++) {
    left[i] = pair(d[i / 2][i % 2 * 2], d[i / 2][i % 2 * 2 + 1]);
  }
}

/** d [SLICE, WIDTH] += left [SLICE, 16] times sixteen rows of a tile. */
template <int WIDTH>
__device__ inline void add_rows(
    float (&d)[WIDTH / 8][4], const unsigned (&left)[4], const Bf16* rows) {
  const Bf16* row = lane_row<WIDTH>(rows);
  for (int j = 0; j < WIDTH / 16; j++) {
    unsigned parts[4];
    load_turned_parts(parts, row + 16 * j);
    multiply_add(d[2 * j], left, parts[0], parts[1]);
    multiply_add(d[2 * j + 1], left, parts[2], parts[3]);
  }
}

/** Leaves d [SLICE, WIDTH], times a factor for either half of its rows, from row first on. */
template <int WIDTH>
__device__ inline void leave_slice(
    const Head<Bf16>& head, int first, const float (&d)[WIDTH / 8][4], const float (&factor)[2],
    int add) {
  for (int half = 0; half < 2; half++) {
    int row = first + threadIdx.x / 4 + 8 * half;
    Bf16* at = head.rows + row * head.stride + threadIdx.x % 4 * 2;
    for (int j = 0; j < WIDTH / 8; j++) {
      if (row < head.tokens && 8 * j < head.width) {
        unsigned* two = (unsigned*)(at + 8 * j);
        unsigned old = add ? *two : 0;
        float low = number((Bf16)old) + d[j][2 * half] * factor[half];
        float high = number((Bf16)(old >> 16)) + d[j][2 * half + 1] * factor[half];
        *two = pair(low, high);
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
