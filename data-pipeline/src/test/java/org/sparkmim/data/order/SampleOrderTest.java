package org.sparkmim.data.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleOrderTest {
  @Property(tries = 200)
  void visitsEverySampleExactlyOnce(
      @ForAll @IntRange(min = 1, max = 3000) int size, @ForAll long seed, @ForAll int epoch) {
    SampleOrder order = new SampleOrder(seed, epoch, size);
    BitSet seen = new BitSet(size);
    for (int position = 0; position < size; position++) {
      long id = order.at(position);
      assertThat(id).isBetween(0L, size - 1L);
      seen.set((int) id);
    }
    assertThat(seen.cardinality()).isEqualTo(size);
  }

  @Test
  void dependsOnSeedAndEpochAndNothingElse() {
    assertThat(first(7, 3, 1000)).isEqualTo(first(7, 3, 1000));
    assertThat(first(7, 3, 1000)).isNotEqualTo(first(7, 4, 1000));
    assertThat(first(7, 3, 1000)).isNotEqualTo(first(8, 3, 1000));
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 1000, 1_281_167})
  void looksRandom(long size) {
    // Mean of |id(p) - p| of a random permutation is n/3; of neighbours' distance too.
    long steps = Math.min(size, 20_000);
    double displacement = 0;
    double stride = 0;
    int trials = size < 100 ? 500 : 1;
    for (int epoch = 0; epoch < trials; epoch++) {
      SampleOrder order = new SampleOrder(1, epoch, size);
      for (long p = 0; p + 1 < steps; p++) {
        displacement += Math.abs(order.at(p * (size / steps)) - p * (size / steps));
        stride += Math.abs(order.at(p) - order.at(p + 1));
      }
    }
    double wanted = size / 3.0 * (steps - 1) * trials;
    assertThat(displacement / wanted).isBetween(0.94, 1.08);
    assertThat(stride / wanted).isBetween(0.94, 1.08);
  }

  @Test
  void refusesPositionsOutsideTheEpoch() {
    SampleOrder order = new SampleOrder(0, 0, 10);
    assertThatThrownBy(() -> order.at(10)).hasMessageContaining("outside 0..9");
    assertThatThrownBy(() -> order.at(-1)).hasMessageContaining("outside 0..9");
    assertThatThrownBy(() -> new SampleOrder(0, 0, 0)).hasMessageContaining("got 0");
  }

  private static java.util.List<Long> first(long seed, long epoch, long size) {
    SampleOrder order = new SampleOrder(seed, epoch, size);
    return java.util.stream.LongStream.range(0, 20).mapToObj(order::at).toList();
  }
}
