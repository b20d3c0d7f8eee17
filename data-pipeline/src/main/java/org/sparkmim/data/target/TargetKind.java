package org.sparkmim.data.target;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.sparkmim.data.DataException;
import org.sparkmim.data.order.SampleRandom;

/** What is predicted of every cell of an image. */
public interface TargetKind {
  /**
   * Histograms of oriented gradients (LocalMIM; methods 2.5), 3*bins numbers a cell, see {@link
   * Hog}.
   *
   * @param bins orientation bins over 180 degrees, 2 to 64
   * @param biases what is added to every gradient, one pair a tap; none for plain histograms
   */
  record HogCells(int bins, List<GradientBias> biases) implements TargetKind {
    public HogCells {
      if (bins < 2 || bins > 64) {
        throw DataException.argument("HOG bins must be 2..64, got %d", bins);
      }
      biases = List.copyOf(biases);
    }

    /** Without biases. */
    public HogCells(int bins) {
      this(bins, List.of());
    }

    /**
     * With the frozen random biases of a run: uniform in (-1/3, 1/3), drawn for each tap.
     *
     * @param seed of the run
     */
    public static HogCells biased(int bins, int taps, long seed) {
      SampleRandom random = new SampleRandom(seed, 0, 0, SampleRandom.Purpose.HOG_BIAS);
      List<GradientBias> biases = new ArrayList<>();
      for (int k = 0; k < taps; k++) {
        biases.add(GradientBias.draw(random));
      }
      return new HogCells(bins, biases);
    }

    /**
     * What an engine needs to make the same histograms of 8-bit images: for each tap the table
     * {@code [3, bins, 3]} of {@link HogDirections}.
     */
    public List<int[]> directions(int taps) {
      return biases.isEmpty()
          ? Collections.nCopies(taps, HogDirections.plain(bins))
          : biases.stream().map(bias -> HogDirections.biased(bins, bias)).toList();
    }

    @Override
    public void check(int imageSize, int taps) {
      if (!biases.isEmpty() && biases.size() != taps) {
        throw DataException.argument(
            "HOG biases must be as many as taps, %d, or none, got %d", taps, biases.size());
      }
    }

    @Override
    public int dim(int cellSize) {
      return 3 * bins;
    }

    @Override
    public TargetExtractor extractor(int size, int[] cellSizes) {
      return biases.isEmpty()
          ? new HogPyramid(size, size, cellSizes, bins)
          : new BiasedHog(size, cellSizes, bins, biases);
    }
  }

  /**
   * Pixels of the mean/std-normalised image (MAE; methods 1.4), 3*cell*cell numbers a cell, see
   * {@link PixelTarget}.
   *
   * @param perCell whether every cell is brought to mean 0 and variance 1 on its own
   */
  record Pixels(boolean perCell) implements TargetKind {
    @Override
    public int dim(int cellSize) {
      return 3 * cellSize * cellSize;
    }

    @Override
    public TargetExtractor extractor(int size, int[] cellSizes) {
      return new PixelTarget(size, cellSizes, perCell);
    }
  }

  /**
   * Pixels without their fine detail (PixMIM, arXiv 2303.02416; methods 3.3), otherwise as {@link
   * Pixels}; see {@link LowPass}.
   *
   * @param radius of the disc kept of the spectrum, in frequencies of an image of 224 px; in
   *     proportion for other sizes. PixMIM: 40
   * @param perCell whether every cell is brought to mean 0 and variance 1 on its own
   */
  record LowFrequencyPixels(double radius, boolean perCell) implements TargetKind {
    private static final double PUBLISHED_SIZE = 224;

    @Override
    public void check(int imageSize, int taps) {
      TargetKind.super.check(imageSize, taps);
      if (imageSize % 4 != 0) {
        throw DataException.argument(
            "The image size must be a multiple of 4 for low-frequency pixels, got %d", imageSize);
      }
      double smallest = LowPass.MIN_RADIUS * PUBLISHED_SIZE / imageSize;
      double largest = LowPass.maxRadius(imageSize) * PUBLISHED_SIZE / imageSize;
      if (!(radius >= smallest && radius <= largest)) {
        throw DataException.argument(
            "The radius of low-frequency pixels must be %.1f..%.1f for images of %d px, got %s",
            smallest, largest, imageSize, radius);
      }
    }

    @Override
    public int dim(int cellSize) {
      return 3 * cellSize * cellSize;
    }

    @Override
    public TargetExtractor extractor(int size, int[] cellSizes) {
      LowPass lowPass = new LowPass(size, radius * size / PUBLISHED_SIZE);
      PixelTarget pixels = new PixelTarget(size, cellSizes, perCell);
      float[] filtered = new float[3 * size * size];
      return (planes, out, sample) -> {
        lowPass.filter(planes, filtered);
        pixels.extract(filtered, out, sample);
      };
    }
  }

  /** Nothing that the image alone says: a frozen teacher's features, say. Has no taps. */
  record None() implements TargetKind {
    @Override
    public void check(int imageSize, int taps) {
      if (taps > 0) {
        throw DataException.argument("Without a target there must be no cell sizes, got %d", taps);
      }
    }

    @Override
    public boolean wantsAllPatches() {
      return true;
    }

    @Override
    public int dim(int cellSize) {
      return 0;
    }

    @Override
    public TargetExtractor extractor(int size, int[] cellSizes) {
      return (planes, out, sample) -> {};
    }
  }

  /**
   * Whether it can be computed of square images of that size for so many taps.
   *
   * @throws DataException (argument) if not
   */
  default void check(int imageSize, int taps) {
    if (taps < 1) {
      throw DataException.argument("A target needs a cell size for each tap, got none");
    }
  }

  /** Whether it is made of the hidden patches too, after the batch was filled. */
  default boolean wantsAllPatches() {
    return false;
  }

  /** Numbers in the target of a cell. */
  int dim(int cellSize);

  /**
   * What computes it.
   *
   * @param size edge of the square images, in pixels
   * @param cellSizes cell edge per tap, in pixels, all multiples of the smallest
   */
  TargetExtractor extractor(int size, int[] cellSizes);
}
