// Histograms of oriented gradients of 8-bit images (HogTargets). Gradients, and on which side of
// the boundaries between bins they lie, are integers: bins are those of the loaders, bit for bit.

#define HOG_MOST_BINS 64
#define HOG_CHANNELS 3
#define HOG_ONE 1048576
#define HOG_NORM_FLOOR 1e-12f

/** Three neighbours of a row: left minus right, and their sum with the middle counted twice. */
struct HogRow {
  int change;
  int sum;
};

/** The row or column that a padded one shows; the edge is not repeated. */
__device__ inline int mirrored(int i, int size) { return i < 0 ? 1 : i < size ? i : size - 2; }

__device__ inline HogRow hog_row(const unsigned char* plane, int y, int x, int size) {
  const unsigned char* row = plane + mirrored(y, size) * size;
  int left = row[mirrored(x - 1, size)];
  int right = row[mirrored(x + 1, size)];
  return {left - right, left + 2 * row[x] + right};
}

/**
 * images [n, 3, size, size], directions [3, bins, 3], out [n, cells, 3, bins], count = n * 3 *
 * cells. So many lanes (a power of two) share a cell of one channel: each adds up columns of
 * pixels, from the top to the bottom, and then they add up in pairs.
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
  int columns = h < count ? cell : 0;
  for (int column = lane; column < columns; column += lanes) {
    int x = at % grid * cell + column;
    int top = at / grid * cell;
    HogRow above = hog_row(plane, top - 1, x, size);
    HogRow middle = hog_row(plane, top, x, size);
    for (int y = top; y < top + cell; y++) {
      HogRow below = hog_row(plane, y + 1, x, size);
      int a = above.change + 2 * middle.change + below.change;
      int b = above.sum - below.sum;
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
      above = middle;
      middle = below;
    }
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
