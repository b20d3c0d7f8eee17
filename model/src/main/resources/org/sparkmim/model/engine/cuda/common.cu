// Storage types, reductions and the geometry that all kernels share. Compiled at run time without
// any header: bf16 is converted by its bits. BF16 is defined where activations are stored so.
//
// Sums run in a fixed order, so that a step gives the same bits whenever it is run.

typedef long long Index;
typedef unsigned short Bf16;
#ifdef BF16
typedef Bf16 T;
#else
typedef float T;
#endif

#define LANES 32
#define WARPS 8
#define ALL_LANES 0xffffffffu

__device__ inline float number(float x) { return x; }

__device__ inline float number(Bf16 bits) { return __uint_as_float((unsigned)bits << 16); }

__device__ inline void put(float* to, float x) { *to = x; }

/** Rounds to the nearest, ties to even; what is no number stays none. */
__device__ inline void put(Bf16* to, float x) {
  unsigned bits = __float_as_uint(x);
  bool none = (bits & 0x7fffffffu) > 0x7f800000u;
  *to = none ? (Bf16)0x7fc0 : (Bf16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/** Leaves a contribution to a gradient. */
template <class S>
__device__ inline void leave(S* to, float x, int add) {
  put(to, add ? number(*to) + x : x);
}

/** Reads activations of either type. */
__device__ inline float number(const void* from, int floats, Index i) {
  return floats ? ((const float*)from)[i] : number(((const T*)from)[i]);
}

__device__ inline Index lesser(Index a, Index b) { return a < b ? a : b; }

__device__ inline Index greater(Index a, Index b) { return a < b ? b : a; }

__device__ inline float warp_sum(float x) {
  for (int distance = LANES / 2; distance > 0; distance /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, distance);
  }
  return x;
}

__device__ inline float warp_max(float x) {
  for (int distance = LANES / 2; distance > 0; distance /= 2) {
    x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, distance));
  }
  return x;
}

/** Sum over a block of [WARPS, LANES] threads, known to all of them. */
__device__ inline float block_sum(float x) {
  __shared__ float sums[WARPS];
  x = warp_sum(x);
  __syncthreads();
  if (threadIdx.x == 0) {
    sums[threadIdx.y] = x;
  }
  __syncthreads();
  float sum = 0;
  for (int w = 0; w < WARPS; w++) {
    sum += sums[w];
  }
  return sum;
}

/** Of a launch over single elements. */
#define FOR_ELEMENTS(i, count) \
  for (Index i = (Index)blockIdx.x * blockDim.x + threadIdx.x; i < (count); \
       i += (Index)gridDim.x * blockDim.x)

/** Of a launch with a warp for each row; all lanes of a warp have the same row. */
#define ROW ((Index)blockIdx.x * WARPS + threadIdx.y)
#define FOR_WIDTH(j, width) for (int j = threadIdx.x; j < (width); j += LANES)
