// Optimisers over ranges of the parameters: a block for each tile, of which all elements are
// updated alike. Settings lie in device memory, so that a captured launch serves every step.

/** What changes from step to step; doubles, as the host has them. */
struct Settings {
  double rate;
  double beta1;
  double beta2;
  double eps;
  double decay;
  double correction1;
  double correction2;
};

struct Tile {
  Index first;
  int length;
  int decayed;
  double scale;
};

/** Copies for products are left beside the parameters where those are bf16. */
__device__ inline void keep_parameter(float* parameters, T* copies, Index i, float value) {
  parameters[i] = value;
#ifdef BF16
  put(copies + i, value);
#endif
}

extern "C" __global__ void adamw(
    const Tile* tiles, const Settings* settings, float* parameters, T* copies,
    const float* gradients, float* first_moment, float* second_moment) {
  __shared__ float beta1, rest1, beta2, rest2, keep, step_size, root2, eps;
  Tile tile = tiles[blockIdx.x];
  if (threadIdx.x == 0) {
    double rate = settings->rate * tile.scale;
    beta1 = (float)settings->beta1;
    rest1 = (float)(1 - settings->beta1);
    beta2 = (float)settings->beta2;
    rest2 = (float)(1 - settings->beta2);
    keep = (float)(1 - rate * (tile.decayed ? settings->decay : 0));
    step_size = (float)(rate / settings->correction1);
    root2 = (float)(1 / sqrt(settings->correction2));
    eps = (float)settings->eps;
  }
  __syncthreads();
  for (Index i = tile.first + threadIdx.x; i < tile.first + tile.length; i += blockDim.x) {
    float gradient = gradients[i];
    float mean = beta1 * first_moment[i] + rest1 * gradient;
    float square = beta2 * second_moment[i] + rest2 * gradient * gradient;
    first_moment[i] = mean;
    second_moment[i] = square;
    float deviation = sqrtf(square) * root2 + eps;
    keep_parameter(parameters, copies, i, keep * parameters[i] - step_size * mean / deviation);
  }
}

extern "C" __global__ void sgd(
    const Tile* tiles, const Settings* settings, float* parameters, T* copies,
    const float* gradients) {
  Tile tile = tiles[blockIdx.x];
  float step_size = (float)(settings->rate * tile.scale);
  for (Index i = tile.first + threadIdx.x; i < tile.first + tile.length; i += blockDim.x) {
    keep_parameter(parameters, copies, i, parameters[i] - step_size * gradients[i]);
  }
}
