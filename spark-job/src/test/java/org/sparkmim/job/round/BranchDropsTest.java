package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.config.Recipe;
import org.sparkmim.model.method.ModelSpec;

final class BranchDropsTest {
  private static final int BATCH = 2000;
  private static final double DROP = 0.3;

  /** Four blocks, of which the last drops three of ten branches. */
  private final ModelSpec spec =
      ModelSpec.from(
          Recipe.load(
                  Optional.empty(),
                  TinyModel.with(Map.entry("model.drop-path", Double.toString(DROP))))
              .section("model"));

  @Test
  void ratesRiseFromNothingToTheLastBlocksAndKeepTheExpectation() {
    float[] scale = new BranchDrops(spec, 0, BATCH).draw(3, ids(0), BATCH);
    for (int row = 0; row < 8; row++) {
      double rate = DROP * (row / 2) / 3;
      double sum = 0;
      int dropped = 0;
      for (int b = 0; b < BATCH; b++) {
        float each = scale[row * BATCH + b];
        sum += each;
        dropped += each == 0 ? 1 : 0;
        assertThat((double) each).isIn(0.0, (double) (float) (1 / (1 - rate)));
      }
      assertThat(dropped / (double) BATCH).as("row %d", row).isCloseTo(rate, within(0.05));
      assertThat(sum / BATCH).isCloseTo(1, within(0.07));
    }
  }

  @Test
  void aSampleDropsTheSameWhereverItIsTrained() {
    float[] here = new BranchDrops(spec, 5, 4).draw(1, new long[] {7, 8, 9, 10}, 4).clone();
    float[] there = new BranchDrops(spec, 5, 2).draw(1, new long[] {9, 7}, 2);
    for (int row = 0; row < 8; row++) {
      assertThat(there[row * 2]).isEqualTo(here[row * 4 + 2]);
      assertThat(there[row * 2 + 1]).isEqualTo(here[row * 4]);
    }
    BranchDrops drops = new BranchDrops(spec, 5, BATCH);
    float[] first = drops.draw(1, ids(0), BATCH).clone();
    assertThat(drops.draw(2, ids(0), BATCH)).as("another epoch").isNotEqualTo(first);
    assertThat(drops.draw(1, ids(0), BATCH)).isEqualTo(first);
  }

  @Test
  void emptyRowsGoWithoutNothing() {
    float[] scale = new BranchDrops(spec, 5, 4).draw(1, new long[4], 1);
    for (int row = 0; row < 8; row++) {
      assertThat(scale[row * 4 + 3]).isEqualTo(1);
    }
  }

  private static long[] ids(long first) {
    return LongStream.range(first, first + BATCH).toArray();
  }
}
