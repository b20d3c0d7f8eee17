package org.sparkmim.job.round;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.storage.BlockData;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sparkmim.job.MimException;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import org.sparkmim.job.commit.Progress;
import org.sparkmim.job.round.PoisonedReplicas.Poison;
import org.sparkmim.model.optim.Optimizer;
import scala.Option;
import scala.collection.JavaConverters;

/** Three rounds of two workers with two steps each; the second round goes wrong. */
final class NonFiniteTest {
  private static final int SIZE = FlatState.SLICE_FLOATS + 5;
  private static final ReplicaFactory SOUND =
      new BowlReplica.Factory(SIZE, Optimizer.AdamW.published());
  private static final List<MinibatchRef> REFS = new EpochPlan(48, 2, 4).minibatches(0, 0);

  private static final AtomicInteger ACTS = new AtomicInteger();

  @BeforeEach
  void forget() {
    ACTS.set(0);
  }

  @Test
  void aLossThatIsNotFiniteIsNamedAndItsRoundChangesNothing() {
    List<Fault> faults = rounds(Map.of("minibatch/0/20/4", Poison.LOSS), RunObserver.NONE).faults();
    assertThat(faults).hasSize(1);
    assertThat(faults.get(0).worker()).isEqualTo(1);
    assertThat(faults.get(0).step().step()).isEqualTo(3);
    assertThat(faults.get(0).tap()).isEqualTo(1);
    assertThat(faults.get(0).what()).isEqualTo("the loss of tap 1 is NaN");
    RoundsTest.assertBitEqual(
        rounds(Map.of("minibatch/0/20/4", Poison.LOSS), RunObserver.NONE).state(), withoutSecond());
  }

  @Test
  void aParameterThatIsInfiniteWhileLossesAreFiniteIsNamedWithTheStepThatMadeIt() {
    // The step after it shows it in its loss; the last of a round has no step after it.
    for (String minibatch : List.of("minibatch/0/16/4", "minibatch/0/24/4")) {
      Trained trained = rounds(Map.of(minibatch, Poison.PARAMETER), RunObserver.NONE);
      assertThat(trained.faults()).as(minibatch).hasSize(1);
      Fault fault = trained.faults().get(0);
      assertThat(fault.worker()).isZero();
      assertThat(fault.step().minibatch().toPath()).isEqualTo(minibatch);
      assertThat(fault.tap()).isEqualTo(Fault.STATE);
      assertThat(fault.what()).contains("parameters");
      RoundsTest.assertBitEqual(trained.state(), withoutSecond());
    }
  }

  @Test
  void everyWorkersFaultIsTold() {
    Trained trained =
        rounds(
            Map.of("minibatch/0/28/4", Poison.MOMENT, "minibatch/0/16/4", Poison.LOSS),
            RunObserver.NONE);
    assertThat(trained.faults()).extracting(Fault::worker).containsExactly(0, 1);
    assertThat(trained.faults().get(1).what()).contains("second moments");
    RoundsTest.assertBitEqual(trained.state(), withoutSecond());
  }

  @Test
  void aBadRoundThatIsRetriedIsTheSameBadRound() {
    Map<String, Poison> poison = Map.of("minibatch/0/28/4", Poison.PARAMETER);
    RunObserver failsOnce =
        (phase, what) -> {
          if (phase == Phase.SLICE_SEND
              && what.equals("slice 1 of worker 1")
              && ACTS.incrementAndGet() == 2) {
            throw new IllegalStateException("a wire was cut");
          }
        };
    Trained retried = rounds(poison, failsOnce);
    assertThat(ACTS.get()).isEqualTo(4);
    assertThat(retried.faults()).isEqualTo(rounds(poison, RunObserver.NONE).faults());
    RoundsTest.assertBitEqual(retried.state(), withoutSecond());
  }

  @Test
  void roundsThatAreDoneAgainAfterALossLeaveTheBadOneOut() {
    RunObserver loses =
        (phase, what) -> {
          if (phase == Phase.BROADCAST && what.equals("round 3") && ACTS.incrementAndGet() == 1) {
            blocks().forEach(block -> SliceBlocks.manager().removeBlock(block, false));
          }
        };
    Trained trained = rounds(Map.of("minibatch/0/20/4", Poison.LOSS), loses);
    assertThat(ACTS.get()).isEqualTo(2);
    RoundsTest.assertBitEqual(trained.state(), withoutSecond());
  }

  @Test
  void aSliceThatIsDamagedOnItsWayIsMadeAgainToTheSameBits() {
    FlatState quiet = rounds(Map.of(), RunObserver.NONE).state();
    for (Phase where : List.of(Phase.AVERAGE, Phase.OUTER_STEP)) {
      ACTS.set(0);
      RunObserver damages =
          (phase, what) -> {
            if (phase == where && ACTS.incrementAndGet() == 1) {
              damageTheYoungest();
            }
          };
      int before = BowlReplica.TAKEN.size();
      Trained trained = rounds(Map.of(), damages);
      assertThat(trained.faults()).isEmpty();
      assertThat(BowlReplica.TAKEN.size() - before).as("%s", where).isGreaterThan(12);
      RoundsTest.assertBitEqual(trained.state(), quiet);
    }
  }

  @Test
  void aStateThatIsNotFiniteIsNoStart() {
    FlatState start = FlatState.zeros(SIZE);
    start.put(FlatState.Vector.FIRST_MOMENT, 7, new float[] {Float.NaN}, 1);
    assertThatThrownBy(() -> rounds(SOUND, RunObserver.NONE, start, List.of(0)))
        .isInstanceOf(MimException.class)
        .hasMessageContaining("holds NaN or infinity");
  }

  private static List<RDDBlockId> blocks() {
    return JavaConverters.seqAsJavaList(
            SliceBlocks.manager().getMatchingBlockIds(id -> id instanceof RDDBlockId))
        .stream()
        .map(RDDBlockId.class::cast)
        .toList();
  }

  /** Of the newest group the last slice: before averaging a worker's, after it a mean. */
  private static void damageTheYoungest() {
    RDDBlockId youngest =
        blocks().stream()
            .max(
                Comparator.comparingInt(RDDBlockId::rddId).thenComparingInt(RDDBlockId::splitIndex))
            .orElseThrow();
    BlockData data = SliceBlocks.manager().getLocalBytes(youngest).get();
    ByteBuffer bytes = data.toByteBuffer();
    ByteBuffer.wrap(bytes.array()).order(ByteOrder.LITTLE_ENDIAN).putFloat(8, Float.NaN);
    SliceBlocks.manager().releaseLockAndDispose(youngest, data, Option.empty());
  }

  private static FlatState withoutSecond() {
    return rounds(SOUND, RunObserver.NONE, FlatState.zeros(SIZE), List.of(0, 2)).state();
  }

  private record Trained(FlatState state, List<Fault> faults) {}

  private static Trained rounds(Map<String, Poison> poison, RunObserver observer) {
    return rounds(
        new PoisonedReplicas(SOUND, poison), observer, FlatState.zeros(SIZE), List.of(0, 1, 2));
  }

  private static Trained rounds(
      ReplicaFactory replicas, RunObserver observer, FlatState start, List<Integer> which) {
    List<Fault> faults = new ArrayList<>();
    try (Rounds rounds =
        new Rounds(
            LocalSpark.context(),
            replicas,
            observer,
            AveragingRule.plain(),
            start,
            16L * which.size())) {
      for (int round : which) {
        Progress begin = new Progress(2L * round, round, 0, 16L * round);
        RoundPlan plan =
            RoundPlan.of(
                begin,
                REFS.subList(4 * round, 4 * round + 4),
                List.of(),
                2,
                ref -> 0.01,
                round == 2);
        faults.addAll(rounds.run(plan).faults());
      }
      return new Trained(rounds.state().state(), faults);
    }
  }
}
