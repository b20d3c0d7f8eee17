// Losses: a number for each block or image, then their sum in a fixed order.

/**
 * partial [2, gridDim.x]: sums of weight * mean_j measure(prediction - target) and of weight, with
 * row chosen[r] of target and weight for row r of prediction. A warp for each row, rows dealt out
 * over the grid.
 */
extern "C" __global__ void masked_loss(
    const void* prediction, int prediction_floats, const void* target, int target_floats,
    const void* weight, int weight_floats, const int* chosen, int smooth, Index rows, int width,
    float* partial) {
  float loss = 0;
  float weights = 0;
  for (Index r = ROW; r < rows; r += (Index)gridDim.x * WARPS) {
    Index s = chosen[r];
    float sum = 0;
    FOR_WIDTH(j, width) {
      float d = number(prediction, prediction_floats, r * width + j)
          - number(target, target_floats, s * width + j);
      sum += smooth && fabsf(d) >= 1 ? 2 * fabsf(d) - 1 : d * d;
    }
    float w = number(weight, weight_floats, s);
    loss += w * (sum / width);
    weights += threadIdx.x == 0 ? w : 0;
  }
  loss = block_sum(loss);
  weights = block_sum(weights);
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    partial[blockIdx.x] = loss;
    partial[gridDim.x + blockIdx.x] = weights;
  }
}

/** One block: out = factor * sum of losses / sum of weights, which is kept in weight_sum. */
extern "C" __global__ void masked_loss_sum(
    const float* partial, int blocks, float factor, float* weight_sum, float* out) {
  float loss = 0;
  float weights = 0;
  for (int i = threadIdx.y * LANES + threadIdx.x; i < blocks; i += WARPS * LANES) {
    loss += partial[i];
    weights += partial[blocks + i];
  }
  loss = block_sum(loss);
  weights = block_sum(weights);
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    *weight_sum = weights;
    *out = factor * loss / weights;
  }
}

/**
 * dprediction = or += factor measure'(prediction - target) weight / (width sum of weights), rows of
 * target and weight as chosen.
 */
extern "C" __global__ void masked_loss_backward(
    const void* prediction, int prediction_floats, const void* target, int target_floats,
    const void* weight, int weight_floats, const int* chosen, int smooth, float factor,
    const float* weight_sum, T* dprediction, int add, int width, Index count) {
  float scale = factor / (width * *weight_sum);
  FOR_ELEMENTS(i, count) {
    Index s = chosen[i / width];
    float d = number(prediction, prediction_floats, i)
        - number(target, target_floats, s * width + i % width);
    float slope = 2 * (smooth ? fmaxf(-1, fminf(1, d)) : d);
    leave(dprediction + i, slope * number(weight, weight_floats, s) * scale, add);
  }
}

/** A warp for each image: loss[b] = sum_c target (normaliser - logit); kept: normaliser, total. */
extern "C" __global__ void cross_entropy(
    const void* logits, int logits_floats, const void* target, int target_floats,
    float* normalisers, float* totals, float* losses, Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  float largest = -3.402823466e+38f;
  FOR_WIDTH(j, width) { largest = fmaxf(largest, number(logits, logits_floats, r * width + j)); }
  largest = warp_max(largest);
  float sum = 0;
  FOR_WIDTH(j, width) { sum += expf(number(logits, logits_floats, r * width + j) - largest); }
  float normaliser = largest + logf(warp_sum(sum));
  float loss = 0;
  float total = 0;
  FOR_WIDTH(j, width) {
    float share = number(target, target_floats, r * width + j);
    loss += share * (normaliser - number(logits, logits_floats, r * width + j));
    total += share;
  }
  loss = warp_sum(loss);
  total = warp_sum(total);
  if (threadIdx.x == 0) {
    normalisers[r] = normaliser;
    totals[r] = total;
    losses[r] = loss;
  }
}

/** One block: out = mean of losses. */
extern "C" __global__ void mean_loss(const float* losses, int count, float* out) {
  float sum = 0;
  for (int i = threadIdx.y * LANES + threadIdx.x; i < count; i += WARPS * LANES) {
    sum += losses[i];
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0 && threadIdx.y == 0) {
    *out = sum / count;
  }
}

/** dlogits = or += (p sum_c target - target) / images. */
extern "C" __global__ void cross_entropy_backward(
    const void* logits, int logits_floats, const void* target, int target_floats,
    const float* normalisers, const float* totals, T* dlogits, int add, int images, int width,
    Index count) {
  FOR_ELEMENTS(i, count) {
    Index b = i / width;
    float p = expf(number(logits, logits_floats, i) - normalisers[b]);
    leave(dlogits + i, (totals[b] * p - number(target, target_floats, i)) / images, add);
  }
}
