package org.sparkmim.data.order;

import java.util.Arrays;

/** See {@link MaskStrategy.Blockwise}. */
final class BlockMasker implements Masker {
  private final MaskStrategy.Blockwise limits;
  private final int grid;
  private final int keep;
  private final boolean[] hidden;

  BlockMasker(MaskStrategy.Blockwise limits, int grid, int keep) {
    this.limits = limits;
    this.grid = grid;
    this.keep = keep;
    this.hidden = new boolean[grid * grid];
  }

  @Override
  public void draw(
      SampleRandom random, int[] keepIds, int keepAt, int[] restoreIds, int restoreAt) {
    Arrays.fill(hidden, false);
    int missing = hidden.length - keep;
    while (missing > 0) {
      missing -= hideRectangle(random, missing);
    }
    int visibleRank = 0;
    int hiddenRank = keep;
    for (int token = 0; token < hidden.length; token++) {
      if (hidden[token]) {
        restoreIds[restoreAt + token] = hiddenRank++;
      } else {
        restoreIds[restoreAt + token] = visibleRank;
        keepIds[keepAt + visibleRank++] = token;
      }
    }
  }

  /** Hides a rectangle, or as much of it as is missing; returns how many patches that adds. */
  private int hideRectangle(SampleRandom random, int missing) {
    int smallest = Math.min(limits.smallest(), missing);
    double area = random.uniform(smallest, missing);
    double logRatio = StrictMath.log(limits.narrowest());
    double ratio = StrictMath.exp(random.uniform(logRatio, -logRatio));
    int height = (int) Math.rint(Math.sqrt(area * ratio));
    int width = (int) Math.rint(Math.sqrt(area / ratio));
    if (height < 1 || width < 1 || height > grid || width > grid) {
      return 0;
    }
    int top = random.nextInt(grid - height + 1);
    int left = random.nextInt(grid - width + 1);
    int added = 0;
    for (int y = top; y < top + height; y++) {
      for (int token = y * grid + left; token < y * grid + left + width; token++) {
        if (!hidden[token] && added < missing) {
          hidden[token] = true;
          added++;
        }
      }
    }
    return added;
  }
}
