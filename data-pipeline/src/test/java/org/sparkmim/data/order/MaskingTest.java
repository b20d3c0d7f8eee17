package org.sparkmim.data.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.data.GoldenTensors;

class MaskingTest {
  @ParameterizedTest
  @CsvSource({
    "196,0.75,49",
    "196,0.7,58",
    "196,0.6,78",
    "36,0.75,9",
    "25,0.75,6",
    "25,0.8,4",
    "100,0.9,9",
    "49,0.75,12",
    "64,0.7,19"
  })
  void keepsAsManyTokensAsThePublishedCode(int tokens, double ratio, int keep) {
    assertThat(Masking.keepCount(tokens, ratio)).isEqualTo(keep);
  }

  @Test
  void keepsTheSmallestNoiseInRankOrder() {
    Masking.Mask mask = Masking.rank(new float[] {.5f, .1f, .9f, .1f, -2f, 0f}, 4);
    assertThat(mask.keepIds()).containsExactly(4, 5, 1, 3);
    assertThat(mask.restoreIds()).containsExactly(4, 2, 5, 3, 0, 1);
  }

  @Test
  void breaksTiesByIndexAndTakesBothZerosAsEqual() {
    assertThat(Masking.rank(new float[] {0f, -0f, 0f, -0f}, 4).keepIds())
        .containsExactly(0, 1, 2, 3);
  }

  @Property(tries = 100)
  void restoreIdsInvertTheRanking(
      @ForAll @IntRange(min = 1, max = 300) int tokens, @ForAll @LongRange(min = 0) long seed) {
    float[] noise = noise(tokens, seed);
    Masking.Mask all = Masking.rank(noise, tokens);
    Masking.Mask some = Masking.rank(noise, tokens / 2);
    for (int rank = 0; rank < tokens; rank++) {
      assertThat(all.restoreIds()[all.keepIds()[rank]]).isEqualTo(rank);
      if (rank > 0) {
        assertThat(noise[all.keepIds()[rank]])
            .isGreaterThanOrEqualTo(noise[all.keepIds()[rank - 1]]);
      }
      if (rank < tokens / 2) {
        assertThat(some.keepIds()[rank]).isEqualTo(all.keepIds()[rank]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4,2352", "2,588", "1,147", "0.5,36.75"})
  void weighsTheHiddenCells(double scale, double sum) {
    Masking.Mask mask = Masking.rank(noise(196, 5), 49);
    float[] weights = Masking.cellWeights(mask, 14, scale);
    double total = 0;
    for (float weight : weights) {
      total += weight;
    }
    assertThat(weights).hasSize((int) (196 * scale * scale));
    assertThat(total).isEqualTo(sum, within(1e-6));
  }

  @Test
  void copiesFlagsToFineCellsAndAveragesThemForCoarseOnes() {
    // 4x4 tokens; the first three of the top left 2x2 block and the last token are visible.
    float[] noise = new float[16];
    java.util.Arrays.fill(noise, 1f);
    noise[0] = noise[1] = noise[4] = noise[15] = 0f;
    Masking.Mask mask = Masking.rank(noise, 4);
    assertThat(Masking.cellWeights(mask, 4, 0.5)).containsExactly(.25f, 1f, 1f, .75f);
    float[] fine = Masking.cellWeights(mask, 4, 2);
    assertThat(fine[3 * 8 + 1]).as("cell of token 4").isZero();
    assertThat(fine[3 * 8 + 2]).as("cell of token 5").isEqualTo(1f);
  }

  @Test
  void refusesWhatCannotBeRanked() {
    assertThatThrownBy(() -> Masking.rank(new float[] {1, Float.NaN}, 1))
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> Masking.rank(new float[3], 4)).hasMessageContaining("4 of 3");
    assertThatThrownBy(() -> Masking.cellWeights(Masking.rank(new float[25], 4), 5, 0.5))
        .hasMessageContaining("multiple or a divisor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"maskalign_dev/", "maskalign_sum_dev/"})
  void ranksByImportanceAsMaskAlignDoes(String bundle) {
    GoldenTensors golden = GoldenTensors.read("attention_masks.safetensors");
    float[] noise = golden.floats(bundle + "input/noise_steps");
    float[] importance = golden.floats(bundle + "importance");
    int[] shuffles = golden.ints(bundle + "ids_shuffle_steps");
    for (int row = 0; row < noise.length / 16; row++) {
      float[] own = Arrays.copyOfRange(noise, row * 16, row * 16 + 16);
      int sample = row % 2 * 16;
      float[] weights = Arrays.copyOfRange(importance, sample, sample + 16);
      int[] ranking = Arrays.copyOfRange(shuffles, row * 16, row * 16 + 16);
      assertThat(Masking.byImportance(own, weights, 16).keepIds()).isEqualTo(ranking);
      assertThat(Masking.byImportance(own, weights, 4).keepIds())
          .isEqualTo(Arrays.copyOf(ranking, 4));
    }
    assertThat(Arrays.copyOf(shuffles, 4))
        .isEqualTo(Arrays.copyOf(golden.ints(bundle + "ids_keep"), 4));
  }

  @Test
  void refusesUnitsThatDoNotTileTheGrid() {
    assertThatThrownBy(() -> Masking.units(new boolean[4], 5, 2))
        .hasMessageContaining("4 units of 2x2 tokens do not tile 5x5");
  }

  private static float[] noise(int tokens, long seed) {
    SampleRandom random = new SampleRandom(seed, 0, 0, SampleRandom.Purpose.MASK);
    float[] noise = new float[tokens];
    for (int t = 0; t < tokens; t++) {
      noise[t] = random.nextFloat();
    }
    return noise;
  }
}
