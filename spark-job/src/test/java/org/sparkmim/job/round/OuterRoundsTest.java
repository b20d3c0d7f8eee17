package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.FlatState.Vector;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.model.optim.Optimizer;
import scala.collection.JavaConverters;

/** Four rounds of two workers under every rule that keeps something of its own. */
final class OuterRoundsTest {
  private static final int SIZE = FlatState.SLICE_FLOATS + 5;
  private static final int ROUNDS = 4;
  private static final ReplicaFactory BOWLS =
      new BowlReplica.Factory(SIZE, Optimizer.AdamW.published());
  private static final List<MinibatchRef> REFS = new EpochPlan(64, 2, 4).minibatches(0, 0);
  private static final Outer DILOCO = new Outer(Outer.Kind.NESTEROV, 0.7, 0.9);
  private static final AtomicInteger ACTS = new AtomicInteger();

  @BeforeEach
  void forget() {
    ACTS.set(0);
  }

  static Stream<AveragingRule> rules() {
    return Stream.of(
        new AveragingRule(DILOCO, Exchange.F32),
        new AveragingRule(Outer.average(), Exchange.INT8),
        new AveragingRule(Outer.average(), Exchange.BF16),
        new AveragingRule(DILOCO, Exchange.INT8));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void aRetryALossAndAnotherProcessGiveTheSameBits(AveragingRule rule) {
    FlatState quiet = train(rule, RunObserver.NONE, FlatState.zeros(SIZE), 0);
    assertThat(quiet.vectors()).isEqualTo(rule.vectors());
    RunObserver fails =
        (phase, what) -> {
          if (phase == Phase.AVERAGE && ACTS.incrementAndGet() == 3) {
            throw new IllegalStateException("a wire was cut");
          }
        };
    RoundsTest.assertBitEqual(train(rule, fails, FlatState.zeros(SIZE), 0), quiet);
    ACTS.set(0);
    RunObserver loses =
        (phase, what) -> {
          if (phase == Phase.BROADCAST && ACTS.incrementAndGet() == 3) {
            blocks().forEach(block -> SliceBlocks.manager().removeBlock(block, false));
          }
        };
    RoundsTest.assertBitEqual(train(rule, loses, FlatState.zeros(SIZE), 0), quiet);
    RunObserver forgets =
        (phase, what) -> {
          if (phase == Phase.BROADCAST) {
            // The replicas of another process know no parameters, and fetch them whole.
            ReplicaPool.clear();
          }
        };
    RoundsTest.assertBitEqual(train(rule, forgets, FlatState.zeros(SIZE), 0), quiet);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void aStateIsAllThatARunNeedsToContinue(AveragingRule rule) {
    FlatState quiet = train(rule, RunObserver.NONE, FlatState.zeros(SIZE), 0);
    FlatState half = FlatState.zeros(SIZE);
    for (int round = 0; round < ROUNDS; round++) {
      half = train(rule, RunObserver.NONE, half, round, round + 1);
    }
    RoundsTest.assertBitEqual(half, quiet);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void roundingChangesLittle(AveragingRule rule) {
    AveragingRule exact = new AveragingRule(rule.outer(), Exchange.F32);
    float[] wanted = parameters(train(exact, RunObserver.NONE, FlatState.zeros(SIZE), 0));
    float[] got = parameters(train(rule, RunObserver.NONE, FlatState.zeros(SIZE), 0));
    double apart = 0;
    double length = 0;
    for (int i = 0; i < SIZE; i++) {
      apart += Math.pow(got[i] - wanted[i], 2);
      length += Math.pow(wanted[i], 2);
    }
    assertThat(Math.sqrt(apart / length)).isLessThan(0.02);
  }

  private static float[] parameters(FlatState state) {
    float[] values = new float[SIZE];
    state.values(Vector.PARAMETERS).read(0, values, SIZE);
    return values;
  }

  private static List<RDDBlockId> blocks() {
    return JavaConverters.seqAsJavaList(
            SliceBlocks.manager().getMatchingBlockIds(id -> id instanceof RDDBlockId))
        .stream()
        .map(RDDBlockId.class::cast)
        .toList();
  }

  private static FlatState train(
      AveragingRule rule, RunObserver observer, FlatState start, int from) {
    return train(rule, observer, start, from, ROUNDS);
  }

  private static FlatState train(
      AveragingRule rule, RunObserver observer, FlatState start, int from, int to) {
    try (Rounds rounds =
        new Rounds(LocalSpark.context(), BOWLS, observer, rule, start, 16L * ROUNDS)) {
      for (int round = from; round < to; round++) {
        rounds.run(
            RoundPlan.of(
                new Progress(2L * round, round, 0, 16L * round),
                REFS.subList(4 * round, 4 * round + 4),
                List.of(),
                2,
                ref -> 0.01,
                round == ROUNDS - 1));
      }
      return rounds.state().state();
    }
  }
}
