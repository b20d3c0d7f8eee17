// Attention without a matrix of scores in memory (Dao, FlashAttention-2, arXiv:2307.08691): forward
// keeps a number for each row, the logarithm of its sum, and backward computes probabilities again.
// Logarithms and powers are of 2, which the hardware has.
//
// qkv [images, tokens, 3, heads, width], of which the last tokens ask; out [images, asking, heads,
// width]; log_sums and deltas [images, heads, asking]. A warp has a slice of one head of one image, so that nobody shares what
// it sums: blocks (how many a head has) of blockDim.y warps, the last of which may lie beyond the
// last token and work on zeros. Offsets within a head of an image are int: sequences are short.

/** What a warp works on. */
struct Slice {
  int tokens;
  int asking;
  int width;
  int model;
  /** Where the head's log_sums and deltas begin. */
  int statistics;
  Index qkv;
  Index out;
  int first_of_block;
  int first;

  __device__ Slice(int tokens, int asking, int heads, int width, int blocks)
      : tokens(tokens), asking(asking), width(width), model(heads * width) {
    int sequence = blockIdx.x / blocks;
    Index image = sequence / heads;
    int column = sequence % heads * width;
    statistics = sequence * asking;
    qkv = image * tokens * 3 * model + column;
    out = image * asking * model + column;
    first_of_block = blockIdx.x % blocks * blockDim.y * SLICE;
    first = first_of_block + threadIdx.y * SLICE;
  }

  /** The lane's row in either half of the slice. */
  __device__ int row(int half) const { return first + threadIdx.x / 4 + 8 * half; }

  /** Queries of the tokens that ask (0), keys (1) or values (2) of the head. */
  template <class Element>
  __device__ Head<Element> part(Element* packed, int which) const {
    int rows = which == 0 ? asking : tokens;
    Element* first = packed + qkv + (Index)(tokens - rows) * 3 * model;
    return {first + which * model, 3 * model, rows, width};
  }

  template <class Element>
  __device__ Head<Element> head(Element* heads) const {
    return {heads + out, model, asking, width};
  }
};

/** Registers for two blocks of seven warps on a multiprocessor, where nothing spills for it. */
#define RESIDENT(WIDTH) __launch_bounds__(7 * LANES, (WIDTH) <= 64 ? 2 : 1)

#define LOG2_E 1.44269504088896341f
#define LOWEST -3.402823466e+38f

/** With the largest score m of a row as far as it is known: out = sum 2^(s - m) v / sum 2^(s - m). */
template <int WIDTH>
__device__ inline void attend(
    const Bf16* qkv, Bf16* out, float* log_sums, int tokens, int asking, int heads, int width,
    int blocks) {
  alignas(16) __shared__ Bf16 tiles[2 * TILE * PADDED(WIDTH)];
  Bf16* keys = tiles;
  Bf16* values = tiles + TILE * PADDED(WIDTH);
  Slice slice(tokens, asking, heads, width, blocks);
  unsigned queries[WIDTH / 16][4];
  load_slices<WIDTH>(queries, tiles, slice.part(qkv, 0), slice.first_of_block);
  float scale = LOG2_E / sqrtf((float)width);
  float attended[WIDTH / 8][4] = {};
  float largest[2] = {LOWEST, LOWEST};
  float sum[2] = {0, 0};
  for (int first = 0; first < tokens; first += TILE) {
    __syncthreads();
    begin_tile<WIDTH>(keys, slice.part(qkv, 1), first);
    begin_tile<WIDTH>(values, slice.part(qkv, 2), first);
    finish_copies();
    __syncthreads();
    float scores[TILE / 16][2][4];
    float before[2] = {largest[0], largest[1]};
    for (int n = 0; n < TILE / 16; n++) {
      if (first + 16 * n < tokens) {
        dot_rows<WIDTH>(scores[n], queries, keys + 16 * n * PADDED(WIDTH));
      }
      for (int i = 0; i < 8; i++) {
        float& score = scores[n][i / 4][i % 4];
        int key = first + 16 * n + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2;
        score = key < tokens ? score * scale : LOWEST;
        largest[i / 2 % 2] = fmaxf(largest[i / 2 % 2], score);
      }
    }
    for (int half = 0; half < 2; half++) {
      largest[half] = row_max(largest[half]);
      float shrink = exp2f(before[half] - largest[half]);
      sum[half] *= shrink;
      for (int j = 0; j < WIDTH / 8; j++) {
        attended[j][2 * half] *= shrink;
        attended[j][2 * half + 1] *= shrink;
      }
    }
    for (int n = 0; n < TILE / 16; n++) {
      if (first + 16 * n < tokens) {
        for (int i = 0; i < 8; i++) {
          float& score = scores[n][i / 4][i % 4];
          score = exp2f(score - largest[i / 2 % 2]);
          sum[i / 2 % 2] += score;
        }
        unsigned powers[4];
        as_left(powers, scores[n]);
        add_rows<WIDTH>(attended, powers, values + 16 * n * PADDED(WIDTH));
      }
    }
  }
  float factor[2];
  for (int half = 0; half < 2; half++) {
    float whole = row_sum(sum[half]);
    factor[half] = 1 / whole;
    if (threadIdx.x % 4 == 0 && slice.row(half) < asking) {
      log_sums[slice.statistics + slice.row(half)] = largest[half] + log2f(whole);
    }
  }
  leave_slice<WIDTH>(slice.head(out), slice.first, attended, factor, 0);
}

/**
 * Of slices of queries: deltas = sum dout out over the width, and, with p = 2^(s - log_sum) and
 * ds = p (dout v' - delta), dq = or += scale ds k.
 */
template <int WIDTH>
__device__ inline void attend_backward_queries(
    const Bf16* qkv, const Bf16* out, const Bf16* dout, const float* log_sums, float* deltas,
    Bf16* dqkv, int add, int tokens, int asking, int heads, int width,
    int blocks) {
  alignas(16) __shared__ Bf16 tiles[2 * TILE * PADDED(WIDTH)];
  Bf16* keys = tiles;
  Bf16* values = tiles + TILE * PADDED(WIDTH);
  Slice slice(tokens, asking, heads, width, blocks);
  unsigned queries[WIDTH / 16][4];
  unsigned douts[WIDTH / 16][4];
  unsigned outs[WIDTH / 16][4];
  load_slices<WIDTH>(queries, tiles, slice.part(qkv, 0), slice.first_of_block);
  load_slices<WIDTH>(douts, tiles, slice.head(dout), slice.first_of_block);
  load_slices<WIDTH>(outs, tiles, slice.head(out), slice.first_of_block);
  float delta[2] = {0, 0};
  for (int i = 0; i < WIDTH / 4; i++) {
    unsigned a = douts[i / 4][i % 4];
    unsigned b = outs[i / 4][i % 4];
    delta[i % 2] += number((Bf16)a) * number((Bf16)b);
    delta[i % 2] += number((Bf16)(a >> 16)) * number((Bf16)(b >> 16));
  }
  float log_sum[2] = {0, 0};
  for (int half = 0; half < 2; half++) {
    delta[half] = row_sum(delta[half]);
    if (slice.row(half) < asking) {
      int at = slice.statistics + slice.row(half);
      log_sum[half] = log_sums[at];
      if (threadIdx.x % 4 == 0) {
        deltas[at] = delta[half];
      }
    }
  }
  float scale = LOG2_E / sqrtf((float)width);
  float dqueries[WIDTH / 8][4] = {};
  for (int first = 0; first < tokens; first += TILE) {
    __syncthreads();
    begin_tile<WIDTH>(keys, slice.part(qkv, 1), first);
    begin_tile<WIDTH>(values, slice.part(qkv, 2), first);
    finish_copies();
    __syncthreads();
    for (int n = 0; n < TILE && first + n < tokens; n += 16) {
      float dscores[2][4];
      float dprobabilities[2][4];
      dot_rows<WIDTH>(dscores, queries, keys + n * PADDED(WIDTH));
      dot_rows<WIDTH>(dprobabilities, douts, values + n * PADDED(WIDTH));
      for (int i = 0; i < 8; i++) {
        float& score = dscores[i / 4][i % 4];
        int key = first + n + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2;
        float p = key < tokens ? exp2f(score * scale - log_sum[i / 2 % 2]) : 0;
        score = p * (dprobabilities[i / 4][i % 4] - delta[i / 2 % 2]);
      }
      unsigned left[4];
      as_left(left, dscores);
      add_rows<WIDTH>(dqueries, left, keys + n * PADDED(WIDTH));
    }
  }
  const float factor[2] = {scale / LOG2_E, scale / LOG2_E};
  leave_slice<WIDTH>(slice.part(dqkv, 0), slice.first, dqueries, factor, add);
}

/** Of slices of keys, with scores turned: dv = or += p' dout, dk = or += scale ds' q. */
template <int WIDTH>
__device__ inline void attend_backward_keys(
    const Bf16* qkv, const Bf16* dout, const float* log_sums, const float* deltas, Bf16* dqkv,
    int add, int tokens, int asking, int heads, int width,
    int blocks) {
  alignas(16) __shared__ Bf16 tiles[2 * TILE * PADDED(WIDTH)];
  Bf16* queries = tiles;
  Bf16* douts = tiles + TILE * PADDED(WIDTH);
  __shared__ float log_sum[TILE];
  __shared__ float delta[TILE];
  Slice slice(tokens, asking, heads, width, blocks);
  unsigned keys[WIDTH / 16][4];
  unsigned values[WIDTH / 16][4];
  load_slices<WIDTH>(keys, tiles, slice.part(qkv, 1), slice.first_of_block);
  load_slices<WIDTH>(values, tiles, slice.part(qkv, 2), slice.first_of_block);
  float scale = LOG2_E / sqrtf((float)width);
  float dkeys[WIDTH / 8][4] = {};
  float dvalues[WIDTH / 8][4] = {};
  for (int first = 0; first < asking; first += TILE) {
    __syncthreads();
    begin_tile<WIDTH>(queries, slice.part(qkv, 0), first);
    begin_tile<WIDTH>(douts, slice.head(dout), first);
    for (int i = threadIdx.y * LANES + threadIdx.x; i < TILE; i += blockDim.y * LANES) {
      int at = slice.statistics + first + i;
      log_sum[i] = first + i < asking ? log_sums[at] : 0;
      delta[i] = first + i < asking ? deltas[at] : 0;
    }
    finish_copies();
    __syncthreads();
    for (int n = 0; n < TILE && first + n < asking; n += 16) {
      float scores[2][4];
      unsigned probabilities[4];
      dot_rows<WIDTH>(scores, keys, queries + n * PADDED(WIDTH));
      for (int i = 0; i < 8; i++) {
        float& score = scores[i / 4][i % 4];
        score = exp2f(score * scale - log_sum[n + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2]);
      }
      as_left(probabilities, scores);
      add_rows<WIDTH>(dvalues, probabilities, douts + n * PADDED(WIDTH));
      dot_rows<WIDTH>(scores, values, douts + n * PADDED(WIDTH));
      for (int i = 0; i < 8; i++) {
        unsigned two = probabilities[i / 2];
        float p = number((Bf16)(i % 2 ? two >> 16 : two));
        float& score = scores[i / 4][i % 4];
        score = p * (score - delta[n + i / 4 * 8 + threadIdx.x % 4 * 2 + i % 2]);
      }
      unsigned dscores[4];
      as_left(dscores, scores);
      add_rows<WIDTH>(dkeys, dscores, queries + n * PADDED(WIDTH));
    }
  }
  const float plain[2] = {1, 1};
  const float factor[2] = {scale / LOG2_E, scale / LOG2_E};
  leave_slice<WIDTH>(slice.part(dqkv, 1), slice.first, dkeys, factor, add);
  leave_slice<WIDTH>(slice.part(dqkv, 2), slice.first, dvalues, plain, add);
}
