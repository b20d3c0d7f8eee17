// Sums of tensors by a row of weights, or by its softmax.

#define MOST_TERMS 64

/** The shares of the terms, in shared memory, known to all threads of the block. */
__device__ inline const float* shares_of(const float* weights, int terms, int softmax) {
  __shared__ float shares[MOST_TERMS];
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    float largest = weights[0];
    for (int j = 1; j < terms; j++) {
      largest = fmaxf(largest, weights[j]);
    }
    float sum = 0;
    for (int j = 0; j < terms; j++) {
      shares[j] = softmax ? expf(weights[j] - largest) : weights[j];
      sum += shares[j];
    }
    for (int j = 0; softmax && j < terms; j++) {
      shares[j] /= sum;
    }
  }
  __syncthreads();
  return shares;
}

extern "C" __global__ void mix(
    const T* const* x, const float* weights, int terms, int softmax, T* out, Index count) {
  const float* shares = shares_of(weights, terms, softmax);
  FOR_ELEMENTS(i, count) {
    float sum = 0;
    for (int j = 0; j < terms; j++) {
      sum += shares[j] * number(x[j][i]);
    }
    put(out + i, sum);
  }
}

/** Of one term: dx = or += share * dout. */
extern "C" __global__ void mix_backward(
    const float* weights, int terms, int softmax, int term, const T* dout, T* dx, int add,
    Index count) {
  float share = shares_of(weights, terms, softmax)[term];
  FOR_ELEMENTS(i, count) { leave(dx + i, share * number(dout[i]), add); }
}

/** partial [terms, gridDim.x]: products of dout with each term; grid [chunks, terms]. */
extern "C" __global__ void mix_products(
    const T* const* x, const T* dout, float* partial, Index count) {
  const T* term = x[blockIdx.y];
  float sum = 0;
  Index threads = (Index)gridDim.x * WARPS * LANES;
  for (Index i = ((Index)blockIdx.x * WARPS + threadIdx.y) * LANES + threadIdx.x; i < count;
       i += threads) {
    sum += number(term[i]) * number(dout[i]);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    partial[(Index)blockIdx.y * gridDim.x + blockIdx.x] = sum;
  }
}

/** dweights of the row, from partial [terms, chunks]; one block. */
extern "C" __global__ void mix_weights(
    const float* weights, int terms, int softmax, const float* partial, int chunks,
    float* dweights, int add) {
  const float* shares = shares_of(weights, terms, softmax);
  __shared__ float dshares[MOST_TERMS];
  for (int j = 0; j < terms; j++) {
    float sum = 0;
    for (int c = threadIdx.y * LANES + threadIdx.x; c < chunks; c += WARPS * LANES) {
      sum += partial[(Index)j * chunks + c];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0 && threadIdx.y == 0) {
      dshares[j] = sum;
    }
  }
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    float expected = 0;
    for (int j = 0; j < terms; j++) {
      expected += shares[j] * dshares[j];
    }
    for (int j = 0; j < terms; j++) {
      leave(dweights + j, softmax ? shares[j] * (dshares[j] - expected) : dshares[j], add);
    }
  }
}
