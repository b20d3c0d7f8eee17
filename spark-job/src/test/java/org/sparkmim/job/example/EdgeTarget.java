package org.sparkmim.job.example;

import org.sparkmim.data.target.PixelTarget;
import org.sparkmim.data.target.TargetExtractor;
import org.sparkmim.data.target.TargetKind;

/**
 * The example of CONTRIBUTING.md: edges, the Sobel magnitude of every channel with mirrored
 * borders, laid out and normalised cell by cell as MAE's pixels are. Edge-MAE (Li et al., IEEE TMI
 * 2023) predicts such maps beside pixels.
 */
record EdgeTarget() implements TargetKind {
  private static final int CHANNELS = 3;

  @Override
  public int dim(int cellSize) {
    return CHANNELS * cellSize * cellSize;
  }

  @Override
  public TargetExtractor extractor(int size, int[] cellSizes) {
    PixelTarget cells = new PixelTarget(size, cellSizes, true);
    float[] edges = new float[CHANNELS * size * size];
    return (planes, out, sample) -> {
      magnitude(planes, size, edges);
      cells.extract(edges, out, sample);
    };
  }

  /**
   * @param planes [3, size, size], unsigned
   * @param edges [3, size, size]
   */
  static void magnitude(byte[] planes, int size, float[] edges) {
    for (int i = 0; i < edges.length; i++) {
      int plane = i / (size * size) * size * size;
      int up = plane + mirrored(i / size % size - 1, size) * size;
      int row = plane + i / size % size * size;
      int down = plane + mirrored(i / size % size + 1, size) * size;
      int left = mirrored(i % size - 1, size);
      int here = i % size;
      int right = mirrored(i % size + 1, size);
      int across = column(planes, up, row, down, right) - column(planes, up, row, down, left);
      int along =
          (planes[down + left] & 255)
              + 2 * (planes[down + here] & 255)
              + (planes[down + right] & 255)
              - (planes[up + left] & 255)
              - 2 * (planes[up + here] & 255)
              - (planes[up + right] & 255);
      edges[i] = (float) Math.sqrt(across * across + along * along);
    }
  }

  private static int column(byte[] planes, int up, int row, int down, int x) {
    return (planes[up + x] & 255) + 2 * (planes[row + x] & 255) + (planes[down + x] & 255);
  }

  private static int mirrored(int index, int size) {
    return index < 0 ? 1 : index == size ? size - 2 : index;
  }
}
