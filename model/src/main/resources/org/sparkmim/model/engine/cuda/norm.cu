// Layer norm, a warp for each row. n = (x - mean) / sqrt(variance + eps); out = n gamma + beta.

extern "C" __global__ void layer_norm(
    const T* x, const float* gamma, const float* beta, float eps, float* mean, float* variance,
    T* out, Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  x += r * width;
  out += r * width;
  float sum = 0;
  FOR_WIDTH(j, width) { sum += number(x[j]); }
  float centre = warp_sum(sum) / width;
  float squares = 0;
  FOR_WIDTH(j, width) {
    float d = number(x[j]) - centre;
    squares += d * d;
  }
  float spread = warp_sum(squares) / width;
  float scale = 1 / sqrtf(spread + eps);
  FOR_WIDTH(j, width) { put(out + j, (number(x[j]) - centre) * scale * gamma[j] + beta[j]); }
  if (threadIdx.x == 0) {
    mean[r] = centre;
    variance[r] = spread;
  }
}

/** With d = dout gamma: dx = (d - mean(d) - n mean(d n)) / sqrt(variance + eps). */
extern "C" __global__ void layer_norm_backward(
    const T* x, const float* gamma, const float* mean, const float* variance, float eps,
    const T* dout, T* dx, int add, Index rows, int width) {
  Index r = ROW;
  if (r >= rows) {
    return;
  }
  x += r * width;
  dout += r * width;
  dx += r * width;
  float centre = mean[r];
  float scale = 1 / sqrtf(variance[r] + eps);
  float sum = 0;
  float along = 0;
  FOR_WIDTH(j, width) {
    float d = number(dout[j]) * gamma[j];
    sum += d;
    along += d * (number(x[j]) - centre) * scale;
  }
  sum = warp_sum(sum) / width;
  along = warp_sum(along) / width;
  FOR_WIDTH(j, width) {
    float d = number(dout[j]) * gamma[j];
    leave(dx + j, scale * (d - sum - (number(x[j]) - centre) * scale * along), add);
  }
}

/** partial [2, chunks, width]: sums over rows of dout n, for gamma, and of dout, for beta. */
extern "C" __global__ void layer_norm_sums(
    const T* x, const float* mean, const float* variance, float eps, const T* dout, Index rows,
    Index width, int chunk, float* partial) {
  Index j = COLUMN;
  float weighted = 0;
  float plain = 0;
  if (j < width) {
    FOR_CHUNK(r, rows, chunk) {
      float d = number(dout[r * width + j]);
      weighted += d * (number(x[r * width + j]) - mean[r]) / sqrtf(variance[r] + eps);
      plain += d;
    }
  }
  weighted = over_warps(weighted);
  plain = over_warps(plain);
  if (threadIdx.y == 0 && j < width) {
    partial[blockIdx.y * width + j] = weighted;
    partial[(gridDim.y + blockIdx.y) * width + j] = plain;
  }
}
