// What attention does beside products, a warp for each query; scores are float32. Rows of scores
// and probabilities begin stride elements after one another, where products want them.

/** One row of scores [width], to probabilities; seen tells which keys count. */
template <class Seen>
__device__ inline void softmax_row(
    const float* scores, T* probabilities, int width, const Seen& seen) {
  float largest = -3.402823466e+38f;
  FOR_WIDTH(j, width) {
    if (seen.sees(j)) {
      largest = fmaxf(largest, scores[j] + seen.bias(j));
    }
  }
  largest = warp_max(largest);
  float sum = 0;
  FOR_WIDTH(j, width) {
    if (seen.sees(j)) {
      sum += expf(scores[j] + seen.bias(j) - largest);
    }
  }
  sum = warp_sum(sum);
  FOR_WIDTH(j, width) {
    put(probabilities + j,
        seen.sees(j) ? expf(scores[j] + seen.bias(j) - largest) / sum : 0.0f);
  }
}

struct Everything {
  __device__ bool sees(int) const { return true; }
  __device__ float bias(int) const { return 0; }
};

struct Window {
  const int* pairs;
  const float* table;
  int table_rows;
  int heads;
  __device__ bool sees(int j) const { return pairs[j] < table_rows; }
  __device__ float bias(int j) const { return table[(Index)pairs[j] * heads]; }
};

extern "C" __global__ void softmax(
    const float* scores, T* probabilities, int stride, Index rows, int width) {
  Index r = ROW;
  if (r < rows) {
    softmax_row(scores + r * stride, probabilities + r * stride, width, Everything());
  }
}

/**
 * Rows first to first + rows of [groups, images, heads, slots]; scores and probabilities are those
 * of the first of them. pairs [groups, slots, slots], table [table_rows, heads].
 */
extern "C" __global__ void window_softmax(
    const float* scores, T* probabilities, const int* pairs, const float* table, int table_rows,
    int images, int heads, int slots, int stride, Index first, Index rows) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  Index at = first + r;
  Index slot = at % slots;
  Index head = at / slots % heads;
  Index group = at / slots / heads / images;
  Window window = {pairs + (group * slots + slot) * slots, table + head, table_rows, heads};
  softmax_row(scores + r * stride, probabilities + r * stride, slots, window);
}

/** dscores = p (dp - sum p dp), row by row. */
extern "C" __global__ void softmax_backward(
    const T* probabilities, const float* dprobabilities, T* dscores, int stride, Index rows,
    int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  const T* p = probabilities + r * stride;
  const float* dp = dprobabilities + r * stride;
  float expected = 0;
  FOR_WIDTH(j, width) { expected += number(p[j]) * dp[j]; }
  expected = warp_sum(expected);
  FOR_WIDTH(j, width) { put(dscores + r * stride + j, number(p[j]) * (dp[j] - expected)); }
}

/** x [images, tokens, width] to out [groups, images, slots, width]; empty slots are zero. */
extern "C" __global__ void gather_slots(
    const T* x, const int* slots_of, T* out, int images, int tokens, int slots, Index rows,
    int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  Index slot = r % slots;
  Index image = r / slots % images;
  Index group = r / slots / images;
  int token = slots_of[group * slots + slot];
  FOR_WIDTH(j, width) {
    put(out + r * width + j,
        token < tokens ? number(x[(image * tokens + token) * width + j]) : 0.0f);
  }
}

/** from [groups, images, slots, width] back to to [images, tokens, width]. */
extern "C" __global__ void scatter_slots(
    const T* from, const int* slots_of, T* to, int add, int images, int tokens, int slots,
    Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  Index slot = r % slots;
  Index image = r / slots % images;
  Index group = r / slots / images;
  int token = slots_of[group * slots + slot];
  if (token < tokens) {
    FOR_WIDTH(j, width) {
      leave(to + (image * tokens + token) * width + j, number(from[r * width + j]), add);
    }
  }
}

/**
 * tile [groups, stretch] = or += sum over images of dscores, of which those of [groups, images]
 * from first to first + count are given; stretch = heads * slots * stride.
 */
extern "C" __global__ void bias_tile(
    const T* dscores, float* tile, int images, int first, int count, Index stretch, Index size) {
  FOR_ELEMENTS(i, size) {
    Index group = i / stretch;
    Index element = i % stretch;
    Index from = greater(first, group * images);
    Index to = lesser((Index)first + count, (group + 1) * images);
    if (from < to) {
      float sum = from == group * images ? 0 : tile[i];
      for (Index at = from; at < to; at++) {
        sum += number(dscores[(at - first) * stretch + element]);
      }
      tile[i] = sum;
    }
  }
}

/** dtable[row, head] = or += sum of tile [groups, heads, slots, stride] where pairs names the row. */
extern "C" __global__ void bias_table(
    const float* tile, const int* pairs, float* dtable, int add, int groups, int heads, int slots,
    int stride) {
  Index square = (Index)slots * slots;
  int row = blockIdx.x;
  int head = blockIdx.y;
  float sum = 0;
  for (Index i = threadIdx.y * LANES + threadIdx.x; i < groups * square; i += WARPS * LANES) {
    if (pairs[i] == row) {
      Index query = (i / square * heads + head) * slots + i % square / slots;
      sum += tile[query * stride + i % slots];
    }
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    leave(dtable + (Index)row * heads + head, sum, add);
  }
}
