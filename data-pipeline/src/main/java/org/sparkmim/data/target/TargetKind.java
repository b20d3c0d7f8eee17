package org.sparkmim.data.target;

import java.util.ArrayList;
import java.util.List;
import org.sparkmim.data.DataException;
import org.sparkmim.data.order.SampleRandom;

/** What is predicted of every cell of an image. */
public sealed interface TargetKind {
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

    @Override
    public void check(int taps) {
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

  /** Nothing that the image alone says: a frozen teacher's features, say. Has no taps. */
  record None() implements TargetKind {
    @Override
    public void check(int taps) {
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
   * Whether it goes with that many taps.
   *
   * @throws DataException (argument) if not
   */
  default void check(int taps) {
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
