package org.sparkmim.data.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.sparkmim.data.order.SampleRandom.Purpose;

class MaskStrategyTest {
  private static final int GRID = 14;
  private static final int TOKENS = GRID * GRID;
  private static final List<MaskStrategy> DRAWN =
      List.of(
          new MaskStrategy.RandomPatches(),
          new MaskStrategy.RandomUnits(32, false),
          MaskStrategy.Blockwise.beit());

  @Property(tries = 100)
  void showsExactlyAsManyPatchesAsAskedAndRanksEveryTokenOnce(
      @ForAll @LongRange(min = 0) long seed, @ForAll @IntRange(min = 1, max = 49) int quarter) {
    int keep = 4 * quarter;
    for (MaskStrategy strategy : DRAWN) {
      Masking.Mask mask = draw(strategy, keep, seed);
      boolean[] seen = new boolean[TOKENS];
      for (int token = 0; token < TOKENS; token++) {
        int rank = mask.restoreIds()[token];
        assertThat(seen[rank]).as("%s, rank %d", strategy, rank).isFalse();
        seen[rank] = true;
        if (rank < keep) {
          assertThat(mask.keepIds()[rank]).as("%s", strategy).isEqualTo(token);
        }
      }
    }
  }

  @Property(tries = 20)
  void drawsTheSameMaskWhateverWasDrawnBefore(@ForAll @LongRange(min = 0) long seed) {
    for (MaskStrategy strategy : DRAWN) {
      Masker used = strategy.masker(GRID, 16, 60);
      Masking.Mask mask = new Masking.Mask(new int[60], new int[TOKENS]);
      for (long id : new long[] {seed + 2, seed + 1, seed}) {
        used.draw(random(id), mask.keepIds(), 0, mask.restoreIds(), 0);
      }
      Masking.Mask fresh = draw(strategy, 60, seed);
      assertThat(mask.keepIds()).isEqualTo(fresh.keepIds());
      assertThat(mask.restoreIds()).isEqualTo(fresh.restoreIds());
      assertThat(draw(strategy, 60, seed + 1).keepIds()).isNotEqualTo(fresh.keepIds());
    }
  }

  @Property(tries = 50)
  void showsWholeUnitsInUnitMajorOrder(
      @ForAll @LongRange(min = 0) long seed, @ForAll @IntRange(min = 1, max = 48) int units) {
    int keep = 4 * units;
    Masking.Mask mask = draw(new MaskStrategy.RandomUnits(32, false), keep, seed);
    int lastUnit = -1;
    for (int rank = 0; rank < keep; rank += 4) {
      int first = mask.keepIds()[rank];
      int unit = first / GRID / 2 * 7 + first % GRID / 2;
      assertThat(unit).as("visible units in raster order").isGreaterThan(lastUnit);
      lastUnit = unit;
      int corner = unit / 7 * 2 * GRID + unit % 7 * 2;
      assertThat(Arrays.copyOfRange(mask.keepIds(), rank, rank + 4))
          .containsExactly(corner, corner + 1, corner + GRID, corner + GRID + 1);
    }
  }

  @Example
  void ordersHiddenUnitsAfterVisibleOnesInUnitMajorOrder() {
    Masking.Mask mask = Masking.units(new boolean[] {false, true, false, true}, 4, 2);
    assertThat(mask.keepIds()).containsExactly(2, 3, 6, 7, 10, 11, 14, 15);
    assertThat(mask.restoreIds())
        .containsExactly(8, 9, 0, 1, 10, 11, 2, 3, 12, 13, 4, 5, 14, 15, 6, 7);
  }

  @Example
  void showsEveryUnitEquallyOften() {
    int[] shown = new int[TOKENS];
    for (int seed = 0; seed < 2000; seed++) {
      for (int token : draw(new MaskStrategy.RandomUnits(32, true), 48, seed).keepIds()) {
        shown[token]++;
      }
    }
    // 12 of 49 units: 490 times expected, 19 a standard deviation.
    for (int count : shown) {
      assertThat(count).isBetween(390, 590);
    }
  }

  @Property(tries = 50)
  void hidesConnectedBlocksInRasterOrder(@ForAll @LongRange(min = 0) long seed) {
    Masking.Mask mask = draw(MaskStrategy.Blockwise.beit(), 118, seed);
    assertThat(mask.keepIds()).isSorted();
    int hidden = 0;
    int alone = 0;
    for (int token = 0; token < TOKENS; token++) {
      if (hidden(mask, token / GRID, token % GRID)) {
        hidden++;
        int row = token / GRID;
        int column = token % GRID;
        boolean neighbour =
            hidden(mask, row - 1, column)
                || hidden(mask, row + 1, column)
                || hidden(mask, row, column - 1)
                || hidden(mask, row, column + 1);
        alone += neighbour ? 0 : 1;
      }
    }
    assertThat(hidden).isEqualTo(78);
    // When two are missing, a rectangle of about two patches may be one, and then another one.
    assertThat(alone).as("the last two patches").isLessThanOrEqualTo(2);
  }

  private static boolean hidden(Masking.Mask mask, int row, int column) {
    return row >= 0
        && row < GRID
        && column >= 0
        && column < GRID
        && mask.restoreIds()[row * GRID + column] >= mask.keepIds().length;
  }

  @Property(tries = 20)
  void hidesBlocksOnTheSmallestGridsAndAlmostEverything(@ForAll @LongRange(min = 0) long seed) {
    for (int grid = 1; grid <= 6; grid++) {
      for (int keep = 1; keep <= grid * grid; keep++) {
        Masking.Mask mask = new Masking.Mask(new int[keep], new int[grid * grid]);
        MaskStrategy.Blockwise.beit()
            .masker(grid, 16, keep)
            .draw(random(seed), mask.keepIds(), 0, mask.restoreIds(), 0);
        assertThat(Arrays.stream(mask.restoreIds()).sorted().toArray())
            .isEqualTo(java.util.stream.IntStream.range(0, grid * grid).toArray());
      }
    }
  }

  @Example
  void drawsImportantTokensInProportion() {
    float[] importance = {1, 2, 5, 0};
    int[] first = new int[4];
    float[] noise = new float[4];
    SampleRandom random = random(1);
    for (int i = 0; i < 40_000; i++) {
      random.fill(noise, 0, 4);
      Masking.Mask mask = Masking.byImportance(noise, importance, 1);
      first[mask.keepIds()[0]]++;
      assertThat(mask.restoreIds()[3]).as("a token of no importance").isEqualTo(3);
    }
    assertThat(first[0] / 40_000.0).isEqualTo(1 / 8.0, within(0.01));
    assertThat(first[2] / 40_000.0).isEqualTo(5 / 8.0, within(0.01));
  }

  private static Masking.Mask draw(MaskStrategy strategy, int keep, long seed) {
    strategy.check(16 * GRID, 16, keep);
    Masking.Mask mask = new Masking.Mask(new int[keep], new int[TOKENS]);
    strategy.masker(GRID, 16, keep).draw(random(seed), mask.keepIds(), 0, mask.restoreIds(), 0);
    return mask;
  }

  private static SampleRandom random(long id) {
    return new SampleRandom(3, 0, id, Purpose.MASK);
  }
}
