// Histograms of oriented gradients of 8-bit images (HogTargets). Gradients, and on which side of
// the boundaries between bins they lie, are integers: bins are those of the loaders, bit for bit.

#define HOG_MOST_BINS 64
#define HOG_CHANNELS 3
#define HOG_ONE 1048576
#define HOG_NORM_FLOOR 1e-12f

/** The row or column that a padded one shows; the edge is not repeated. */
__device__ inline int mirrored(int i, int size) { return i < 0 ? 1 : i < size ? i : size - 2; }

/**
 * images [n, 3, size, size], directions [3, bins, 3], out [n, cells, 3, bins], count = n * 3 *
 * cells. So many lanes (a power of two) share the pixels of a cell of one channel, and then add up
 * what they have in pairs.
 */
extern "C" __global__ void hog_cells(
    const unsigned char* images, const int* directions, float* out, int size, int cell, int bins,
    int lanes, Index count) {
  Index h = ROW * (LANES / lanes) + threadIdx.x / lanes;
  int lane = threadIdx.x % lanes;
  int grid = size / cell;
  int cells = grid * grid;
  int at = (int)(h % cells);
  int channel = (int)(h / cells % HOG_CHANNELS);
  const unsigned char* plane = images + h / cells * size * size;
  const int* first = directions + channel * bins * 3;
  float sums[HOG_MOST_BINS];
  for (int k = 0; k < bins; k++) {
    sums[k] = 0;
  }
  // Lanes without a cell go on to the shuffles, which want all of them.
  int pixels = h < count ? cell * cell : 0;
  for (int i = lane; i < pixels; i += lanes) {
    int y = at / grid * cell + i / cell;
    int x = at % grid * cell + i % cell;
    const unsigned char* above = plane + mirrored(y - 1, size) * size;
    const unsigned char* beside = plane + y * size;
    const unsigned char* below = plane + mirrored(y + 1, size) * size;
    int left = mirrored(x - 1, size);
    int right = mirrored(x + 1, size);
    int a = above[left] - above[right] + 2 * (beside[left] - beside[right]) + below[left]
        - below[right];
    int b = above[left] - below[left] + 2 * (above[x] - below[x]) + above[right] - below[right];
    int across = a * HOG_ONE + first[0];
    int down = b * HOG_ONE + first[1];
    int sign = across < 0 || (across == 0 && down < 0) ? -1 : 1;
    int bin = 0;
    for (int k = 1; k < bins; k++) {
      const int* boundary = first + k * 3;
      bin += sign * (a * boundary[0] - b * boundary[1] + boundary[2]) >= 0 ? 1 : 0;
    }
    float u = across * (1.0f / HOG_ONE);
    float v = down * (1.0f / HOG_ONE);
    sums[bin] += sqrtf(u * u + v * v);
  }
  float squares = 0;
  for (int k = 0; k < bins; k++) {
    for (int distance = lanes / 2; distance > 0; distance /= 2) {
      sums[k] += __shfl_xor_sync(ALL_LANES, sums[k], distance);
    }
    squares += sums[k] * sums[k];
  }
  if (h < count) {
    float each = 1.0f / (cell * cell);
    float scale = each / fmaxf(sqrtf(squares) * each, HOG_NORM_FLOOR);
    float* to = out + ((h / cells / HOG_CHANNELS * cells + at) * HOG_CHANNELS + channel) * bins;
    for (int k = lane; k < bins; k += lanes) {
      to[k] = sums[k] * scale;
    }
  }
}
