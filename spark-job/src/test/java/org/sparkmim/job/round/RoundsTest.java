package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.storage.BlockManagerId;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.model.optim.Optimizer;
import scala.Option;
import scala.collection.JavaConverters;

final class RoundsTest {
  /** Two slices a vector, so that slices are cut and put together. */
  private static final int SIZE = FlatState.SLICE_FLOATS + 5;

  private static final int SAMPLES = 60;
  private static final Optimizer ADAM = Optimizer.AdamW.published();

  @BeforeEach
  void forget() {
    BowlReplica.TAKEN.clear();
    FAILURES.set(0);
  }

  @Test
  void oneWorkerIsBitEqualToAPlainLoop() {
    FlatState rounds = train(1, 8, 3, ADAM, RunObserver.NONE);
    try (Replica plain = new BowlReplica.Factory(SIZE, ADAM).create()) {
      for (int epoch = 0; epoch < 2; epoch++) {
        for (MinibatchRef ref : new EpochPlan(SAMPLES, 1, 8).minibatches(epoch, 0)) {
          long step = 8L * epoch + ref.first() * 8 / SAMPLES + 1;
          plain.begin(List.of(new LocalStep(ref, step, rate(ref))), List.of(), RunObserver.NONE);
          plain.step();
        }
      }
      assertBitEqual(rounds, FlatState.copyOf(plain.state()));
    }
  }

  @Test
  void sgdWithOneLocalStepEqualsOneBigBatch() {
    Optimizer sgd = new Optimizer.Sgd();
    float[] three = parameters(train(3, 4, 1, sgd, RunObserver.NONE));
    float[] one = parameters(train(1, 12, 1, sgd, RunObserver.NONE));
    float furthest = 0;
    for (int j = 0; j < SIZE; j++) {
      furthest = Math.max(furthest, Math.abs(three[j] - one[j]));
    }
    assertThat(furthest).isLessThan(1e-6f);
    assertThat(three).isNotEqualTo(parameters(train(3, 4, 2, sgd, RunObserver.NONE)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void everySampleOfAnEpochIsConsumedExactlyOnce(int workers) {
    train(workers, 7, 2, ADAM, RunObserver.NONE);
    Map<Integer, List<Long>> positions =
        BowlReplica.TAKEN.stream()
            .map(LocalStep::minibatch)
            .flatMap(
                ref ->
                    IntStream.range(0, ref.count())
                        .mapToObj(i -> Map.entry(ref.epoch(), ref.first() + i)))
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getKey,
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    List<Long> all = IntStream.range(0, SAMPLES).mapToObj(i -> (long) i).toList();
    assertThat(positions.get(0)).containsExactlyInAnyOrderElementsOf(all);
    assertThat(positions.get(1)).containsExactlyInAnyOrderElementsOf(all);
  }

  @Test
  void stepAndRateOnWorkersFollowTheRunThroughAllRounds() {
    train(2, 5, 2, ADAM, RunObserver.NONE);
    // 60 samples, 10 a step: 6 steps an epoch, in 3 rounds of 2.
    Map<Long, List<LocalStep>> bySteps =
        BowlReplica.TAKEN.stream().collect(Collectors.groupingBy(LocalStep::step));
    assertThat(bySteps.keySet())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.rangeClosed(1, 12).mapToObj(i -> (long) i).toList());
    bySteps.forEach(
        (step, taken) -> {
          int epoch = (int) ((step - 1) / 6);
          long first = (step - 1) % 6 * 10;
          double rate = rate(new MinibatchRef(epoch, first, 5));
          assertThat(taken).extracting(LocalStep::rate).containsExactly(rate, rate);
        });
  }

  private static final AtomicInteger FAILURES = new AtomicInteger();

  @Test
  void aRetriedTaskGivesTheSameBits() {
    FlatState undisturbed = train(3, 4, 2, ADAM, RunObserver.NONE);
    RunObserver failsTwice =
        (phase, what) -> {
          if (phase == Phase.SLICE_SEND && what.startsWith("slice 3 of worker 1")) {
            failAtMost(2);
          }
        };
    FlatState retried = train(3, 4, 2, ADAM, failsTwice);
    assertThat(FAILURES.get()).isGreaterThan(2);
    assertBitEqual(retried, undisturbed);
  }

  @Test
  void aWorkersSliceThatGotLostIsTrainedAgainToTheSameBits() {
    FlatState undisturbed = train(2, 5, 2, ADAM, RunObserver.NONE);
    int steps = BowlReplica.TAKEN.size();
    BowlReplica.TAKEN.clear();
    RunObserver loses =
        (phase, what) -> {
          if (phase == Phase.AVERAGE && FAILURES.incrementAndGet() == 1) {
            loseOneOfTheSecondWorker();
          }
        };
    FlatState trainedAgain = train(2, 5, 2, ADAM, loses);
    assertThat(BowlReplica.TAKEN).hasSizeGreaterThan(steps);
    assertBitEqual(trainedAgain, undisturbed);
  }

  private static void loseOneOfTheSecondWorker() {
    int slices = FlatState.sliceCount(SIZE);
    blocks().stream()
        .filter(block -> block.splitIndex() >= slices)
        .forEach(block -> SliceBlocks.manager().removeBlock(block, false));
  }

  private static List<RDDBlockId> blocks() {
    return JavaConverters.seqAsJavaList(
            SliceBlocks.manager().getMatchingBlockIds(id -> id instanceof RDDBlockId))
        .stream()
        .map(RDDBlockId.class::cast)
        .toList();
  }

  @Test
  void roundsLeaveNoSlicesBehind() throws InterruptedException {
    train(2, 5, 2, ADAM, RunObserver.NONE);
    // Spark drops them in the background.
    for (int tries = 0; tries < 100 && !blocks().isEmpty(); tries++) {
      Thread.sleep(50);
    }
    assertThat(blocks()).isEmpty();
  }

  @Test
  void anAttemptThatNobodyWaitsForDropsNothingYounger() {
    int old = SliceBlocks.newGroup(LocalSpark.context().sc());
    int begun = SliceBlocks.newGroup(LocalSpark.context().sc());
    int young = SliceBlocks.newGroup(LocalSpark.context().sc());
    for (int group : List.of(old, begun, young)) {
      SliceBlocks.put(group, 0, new byte[8]);
    }
    SliceBlocks.dropBefore(begun);
    assertThat(blocks()).extracting(RDDBlockId::rddId).contains(begun, young).doesNotContain(old);
    SliceBlocks.drop(LocalSpark.context().sc(), begun);
    SliceBlocks.drop(LocalSpark.context().sc(), young);
  }

  @Test
  void slicesOfAnotherProcessAreFetchedInOrder() {
    LocalSpark.context();
    int group = SliceBlocks.newGroup(LocalSpark.context().sc());
    List<SliceRef> refs = new ArrayList<>();
    BlockManagerId here = SliceBlocks.here();
    // Another name for this process: its slices have to come by the network.
    BlockManagerId other =
        BlockManagerId.apply("another", here.host(), here.port(), Option.empty());
    for (int index = 0; index < 20; index++) {
      SliceBlocks.put(group, index, new byte[] {(byte) index, 1});
      refs.add(new SliceRef(group, index, index % 3 == 0 ? here : other));
    }
    try (SliceFetch fetch = new SliceFetch(refs)) {
      for (int index = 0; index < 20; index += 2) {
        List<ByteBuffer> two = fetch.next(2);
        assertThat(two.get(0).get(0)).isEqualTo((byte) index);
        assertThat(two.get(1).get(0)).isEqualTo((byte) (index + 1));
      }
      assertThat(fetch.isDone()).isTrue();
      assertThat(fetch.remoteBytes()).isEqualTo(2 * 13);
    }
    SliceBlocks.drop(LocalSpark.context().sc(), group);
    try (SliceFetch gone = new SliceFetch(List.of(new SliceRef(group + 1, 7, other)))) {
      assertThatThrownBy(() -> gone.next(1)).isInstanceOf(SliceLostException.class);
    }
  }

  private static void failAtMost(int times) {
    if (FAILURES.incrementAndGet() <= times) {
      throw new IllegalStateException("a wire was cut");
    }
  }

  @Test
  void aRoundThatCannotBeDoneFailsWithItsReason() {
    RunObserver always =
        (phase, what) -> {
          if (phase == Phase.STEP) {
            throw new IllegalStateException("no such sample");
          }
        };
    assertThatThrownBy(() -> train(2, 4, 2, ADAM, always))
        .hasStackTraceContaining("no such sample");
    // The replicas of failed tasks are gone, and the next run is not disturbed.
    assertBitEqual(train(2, 4, 2, ADAM, RunObserver.NONE), train(2, 4, 2, ADAM, RunObserver.NONE));
  }

  @Test
  void theReportCountsEveryone() {
    RoundPlan plan = plan(Progress.start(), 2, 5, 2);
    RoundReport report;
    try (Rounds rounds =
        new Rounds(
            LocalSpark.context(),
            new BowlReplica.Factory(SIZE, ADAM),
            RunObserver.NONE,
            AveragingRule.plain(),
            FlatState.zeros(SIZE),
            SAMPLES)) {
      report = RoundReport.of(plan, rounds.run(plan));
    }
    assertThat(report.samples()).isEqualTo(20);
    assertThat(report.workers()).hasSize(2).allMatch(worker -> worker.samples() == 10);
    assertThat(report.losses()[1]).isCloseTo(2 * report.losses()[0], within(1e-9));
    assertThat(report.end()).isEqualTo(new Progress(2, 1, 0, 20));
    assertThat(report.workerBytes()).isEqualTo(2L * 3 * SIZE * Float.BYTES);
  }

  /** Two epochs. */
  private static FlatState train(
      int workers, int batch, int localSteps, Optimizer optimizer, RunObserver observer) {
    Progress progress = Progress.start();
    try (Rounds rounds =
        new Rounds(
            LocalSpark.context(),
            new BowlReplica.Factory(SIZE, optimizer),
            observer,
            AveragingRule.plain(),
            FlatState.zeros(SIZE),
            SAMPLES)) {
      while (progress.epoch() < 2) {
        RoundPlan plan = plan(progress, workers, batch, localSteps);
        rounds.run(plan);
        progress = plan.end();
      }
      return rounds.state().state();
    }
  }

  private static RoundPlan plan(Progress progress, int workers, int batch, int localSteps) {
    List<MinibatchRef> rest =
        new EpochPlan(SAMPLES, workers, batch).minibatches(progress.epoch(), progress.position());
    int size = Math.min(workers * localSteps, rest.size());
    return RoundPlan.of(
        progress, rest.subList(0, size), List.of(), workers, RoundsTest::rate, size == rest.size());
  }

  private static double rate(MinibatchRef ref) {
    return 0.01 * (1 + ref.epoch() + ref.first() / (double) SAMPLES);
  }

  private static float[] parameters(FlatState state) {
    float[] values = new float[SIZE];
    state.values(Vector.PARAMETERS).read(0, values, SIZE);
    return values;
  }

  static void assertBitEqual(FlatState actual, FlatState expected) {
    assertThat(actual.size()).isEqualTo(expected.size());
    assertThat(actual.vectors()).isEqualTo(expected.vectors());
    for (int index = 0;
        index < expected.vectors().size() * FlatState.slicesOfVector(expected.size());
        index++) {
      assertThat(actual.slice(index)).as("slice %d", index).isEqualTo(expected.slice(index));
    }
  }
}
