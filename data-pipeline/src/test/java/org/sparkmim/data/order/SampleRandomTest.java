package org.sparkmim.data.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sparkmim.data.order.SampleRandom.Purpose;

class SampleRandomTest {
  @Test
  void givesEveryKeyAStreamOfItsOwn() {
    Set<Long> firsts = new HashSet<>();
    int streams = 0;
    for (long seed = -2; seed < 8; seed++) {
      for (long epoch = 0; epoch < 10; epoch++) {
        for (long id = 0; id < 100; id++) {
          for (Purpose purpose : Purpose.values()) {
            firsts.add(new SampleRandom(seed, epoch, id, purpose).nextLong());
            streams++;
          }
        }
      }
    }
    assertThat(firsts).hasSize(streams);
  }

  @Test
  void repeatsTheSameNumbersForTheSameKey() {
    SampleRandom one = new SampleRandom(1, 2, 3, Purpose.CROP);
    SampleRandom other = new SampleRandom(1, 2, 3, Purpose.CROP);
    for (int i = 0; i < 100; i++) {
      assertThat(one.nextLong()).isEqualTo(other.nextLong());
    }
  }

  @Test
  void isUniformAcrossSamplesOfOneEpoch() {
    int[] histogram = new int[10];
    double sum = 0;
    for (long id = 0; id < 20_000; id++) {
      SampleRandom random = new SampleRandom(42, 7, id, Purpose.FLIP);
      histogram[(int) (random.nextDouble() * 10)]++;
      sum += random.nextFloat();
    }
    // 5 standard deviations of a bin of 2000 expected are about 212.
    for (int count : histogram) {
      assertThat(count).isBetween(1788, 2212);
    }
    assertThat(sum / 20_000).isBetween(0.489, 0.511);
  }

  @Test
  void staysInsideItsBounds() {
    SampleRandom random = new SampleRandom(0, 0, 0, Purpose.MASK);
    for (int i = 0; i < 10_000; i++) {
      assertThat(random.nextInt(7)).isBetween(0, 6);
      assertThat(random.uniform(2, 3)).isGreaterThanOrEqualTo(2).isLessThan(3);
    }
  }
}
