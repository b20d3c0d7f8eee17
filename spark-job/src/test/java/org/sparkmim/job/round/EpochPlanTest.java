package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class EpochPlanTest {

  @Property
  void everySampleOfAnEpochIsTakenExactlyOnceInOrder(
      @ForAll @IntRange(min = 1, max = 500) int samples,
      @ForAll @IntRange(min = 1, max = 9) int workers,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll @IntRange(min = 0, max = 499) int start) {
    EpochPlan plan = new EpochPlan(samples, workers, batch);
    long next = Math.min(start, samples);
    for (MinibatchRef ref : plan.minibatches(3, next)) {
      assertThat(ref.epoch()).isEqualTo(3);
      assertThat(ref.first()).isEqualTo(next);
      assertThat(ref.count()).isBetween(0, batch);
      next += ref.count();
    }
    assertThat(next).isEqualTo(samples);
  }

  @Property
  void stepsOfAnEpochAreAsFewAsPossibleAndNearlyEqual(
      @ForAll @IntRange(min = 1, max = 9) int workers,
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll @IntRange(min = 0, max = 400) int more) {
    EpochPlan plan = new EpochPlan((long) workers * batch + more, workers, batch);
    List<MinibatchRef> refs = plan.minibatches(0, 0);
    int steps = refs.size() / workers;
    assertThat((long) steps).isEqualTo(plan.stepsFrom(0));

    List<Integer> sizes = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      List<MinibatchRef> ofStep = refs.subList(step * workers, (step + 1) * workers);
      sizes.add(ofStep.stream().mapToInt(MinibatchRef::count).sum());
      assertThat(spread(ofStep.stream().map(MinibatchRef::count).toList())).isLessThanOrEqualTo(1);
    }
    assertThat(spread(sizes)).isLessThanOrEqualTo(1);
  }

  @Property
  void aPlanFromTheMiddleIsTheRestOfThePlanFromTheStart(
      @ForAll @IntRange(min = 10, max = 500) int samples,
      @ForAll @IntRange(min = 1, max = 5) int workers,
      @ForAll @IntRange(min = 1, max = 20) int batch,
      @ForAll @IntRange(min = 0, max = 40) int skippedSteps) {
    EpochPlan plan = new EpochPlan(samples, workers, batch);
    List<MinibatchRef> whole = plan.minibatches(0, 0);
    int skipped = Math.min(skippedSteps * workers, whole.size() - workers);
    long position = whole.get(skipped).first();
    assertThat(plan.minibatches(0, position)).isEqualTo(whole.subList(skipped, whole.size()));
  }

  @Test
  void aPathNamesItsMinibatch() {
    MinibatchRef ref = new MinibatchRef(12, 34_567_890_123L, 64);
    assertThat(MinibatchRef.parse(ref.toPath())).isEqualTo(ref);
    assertThatThrownBy(() -> MinibatchRef.parse("hdfs://somewhere/else"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("minibatch/EPOCH/FIRST/COUNT");
  }

  private static int spread(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).max().orElse(0)
        - values.stream().mapToInt(Integer::intValue).min().orElse(0);
  }
}
