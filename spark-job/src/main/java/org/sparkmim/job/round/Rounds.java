package org.sparkmim.job.round;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.ExecutorCacheTaskLocation;
import org.apache.spark.storage.BlockManagerId;
import org.sparkmim.job.JobName;
import org.sparkmim.job.Phase;
import org.sparkmim.job.RunObserver;
import org.sparkmim.job.commit.FlatState;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.Seq;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Runs rounds as Spark jobs: state out, local steps, averaged state.
 *
 * <p>An averaged state stays with the processes that averaged it, where the next round's workers
 * fetch it; each keeps what it fetched, so that from then on the loss of a process loses nothing of
 * it. Until then the state before stays as well: should a part of the newest be lost, its round is
 * done again. Should more be lost, the rounds since the state that the driver holds are. A round is
 * a pure function of its state and window, so they give the same bits.
 */
final class Rounds implements AutoCloseable {
  /** Processes may be lost again while rounds are done again, so often in all. */
  private static final int ATTEMPTS = 5;

  private final JavaSparkContext spark;
  private final ReplicaFactory factory;
  private final RunObserver observer;
  private final List<RoundPlan> sinceHeld = new ArrayList<>();
  private final Map<Integer, BlockManagerId> places = new HashMap<>();
  private final List<RoundPlan> missing = new ArrayList<>();
  private final long epochSamples;
  private final AveragingRule rule;
  private FlatState held;
  private Handout current;

  /** The state from which {@link #newest} made the current one; null if it is not kept. */
  private Handout before;

  private RoundPlan newest;

  /**
   * Rounds that begin with a state.
   *
   * @param start not changed, and must not be by others
   * @param epochSamples samples in an epoch
   */
  Rounds(
      JavaSparkContext spark,
      ReplicaFactory factory,
      RunObserver observer,
      AveragingRule rule,
      FlatState start,
      long epochSamples) {
    this.spark = spark;
    this.factory = factory;
    this.observer = observer;
    this.rule = rule;
    this.held = start.with(rule.vectors());
    this.epochSamples = epochSamples;
  }

  /**
   * What a round gave, beside its state.
   *
   * @param parameters of the state
   * @param averaged what each averager did
   * @param nanos of the whole round
   */
  record Result(long parameters, List<Averaging.Averaged> averaged, long nanos) {
    /** Of the workers that took part, in their order. */
    List<WorkerReport> reports() {
      return averaged.get(0).offers().stream().map(Averaging.Offer::report).toList();
    }

    /** What was not finite, at most one a worker; the state is the one before the round then. */
    List<Fault> faults() {
      return reports().stream().flatMap(report -> report.faults().stream()).toList();
    }
  }

  /** Runs one round from the current state, which its mean replaces unless there is a fault. */
  Result run(RoundPlan plan) {
    long begin = System.nanoTime();
    Result result = result(despiteLosses(() -> average(plan)), begin);
    if (!result.faults().isEmpty()) {
      // A round that changes nothing need not be done again.
      return result;
    }
    sinceHeld.add(plan);
    if (current.isHere()) {
      // It costs nothing, and the state before it can go.
      state();
    }
    return result(result.averaged(), begin);
  }

  private Result result(List<Averaging.Averaged> averaged, long begin) {
    return new Result(held.size(), averaged, System.nanoTime() - begin);
  }

  /** Goes on from another state. */
  void restart(FlatState state) {
    close();
    sinceHeld.clear();
    held = state.with(rule.vectors());
  }

  /** Brings the current state to the driver. */
  Collected state() {
    if (sinceHeld.isEmpty()) {
      return new Collected(held, 0, 0);
    }
    Collected collected = despiteLosses(() -> current.collect());
    held = collected.state();
    sinceHeld.clear();
    drop(before);
    before = null;
    return collected;
  }

  private <T> T despiteLosses(Supplier<T> act) {
    for (int attempt = 1; ; attempt++) {
      try {
        catchUp();
        return act.get();
      } catch (Exception e) {
        if (attempt == ATTEMPTS || !isLoss(e)) {
          throw e;
        }
        stepBack();
      }
    }
  }

  /** Puts the newest state where workers can fetch it, unless it is there. */
  private void catchUp() {
    if (current == null) {
      current = Handout.of(SliceBlocks.newGroup(spark.sc()), held, rule);
      missing.clear();
      missing.addAll(sinceHeld);
    }
    while (!missing.isEmpty()) {
      average(missing.get(0));
      missing.remove(0);
    }
  }

  /** Gives up the current state for the one before, or for the one that the driver holds. */
  private void stepBack() {
    if (before == null) {
      close();
      return;
    }
    drop(current);
    current = before;
    before = null;
    missing.add(0, newest);
  }

  /** Whether a part of the current state is gone; Spark wraps what a task threw. */
  private static boolean isLoss(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SliceLostException) {
        return true;
      }
    }
    return false;
  }

  private List<Averaging.Averaged> average(RoundPlan plan) {
    List<RoundTask.Share> shares = new ArrayList<>();
    List<Long> samples = new ArrayList<>();
    for (int worker = 0; worker < plan.shares().size(); worker++) {
      List<LocalStep> steps = plan.shares().get(worker);
      samples.add(steps.stream().mapToLong(step -> step.minibatch().count()).sum());
      if (samples.get(worker) > 0) {
        shares.add(new RoundTask.Share(worker, steps, plan.next().get(worker)));
      }
    }
    observer.before(Phase.BROADCAST, "round " + plan.end().round());
    int offered = SliceBlocks.newGroup(spark.sc());
    int means = SliceBlocks.newGroup(spark.sc());
    int averagers = shares.size();
    JavaPairRDD<Integer, Averaging.Offer> offers =
        placed(shares)
            .mapPartitionsToPair(new RoundTask(current, offered, averagers, factory, observer));
    JavaRDD<Averaging.Averaged> averaged =
        Averaging.average(
            offers, averagers, new Averaging.Task(current, offered, means, samples, observer));
    boolean finished = false;
    try (JobName name =
        JobName.open(spark.sc(), JobName.ofRound(plan.start(), plan.end(), epochSamples))) {
      List<Averaging.Averaged> done = new ArrayList<>(averaged.collect());
      done.sort(Comparator.comparingInt(Averaging.Averaged::averager));
      done.get(0).offers().forEach(offer -> places.put(offer.worker(), offer.holder()));
      if (done.get(0).offers().stream().allMatch(offer -> offer.report().faults().isEmpty())) {
        observer.before(Phase.OUTER_STEP, "round " + plan.end().round());
        replaceCurrent(plan, means, done);
        finished = true;
      }
      return done;
    } finally {
      // Spark would free them only when the driver's garbage collector happens to run.
      averaged.rdd().cleanShuffleDependencies(false);
      SliceBlocks.drop(spark.sc(), offered);
      if (!finished) {
        SliceBlocks.drop(spark.sc(), means);
      }
    }
  }

  /** A task for each share, where that worker trained last: its samples are loaded there. */
  private JavaRDD<RoundTask.Share> placed(List<RoundTask.Share> shares) {
    List<Tuple2<RoundTask.Share, Seq<String>>> placed = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (RoundTask.Share share : shares) {
      BlockManagerId place = places.get(share.worker());
      List<String> wish = new ArrayList<>();
      // After a loss two workers may have trained in one process, one after the other.
      if (place != null && taken.add(place.executorId())) {
        wish.add(ExecutorCacheTaskLocation.apply(place.host(), place.executorId()).toString());
      }
      placed.add(new Tuple2<>(share, JavaConverters.asScalaBuffer(wish).toSeq()));
    }
    ClassTag<RoundTask.Share> type = ClassTag$.MODULE$.apply(RoundTask.Share.class);
    return spark.sc().makeRDD(JavaConverters.asScalaBuffer(placed).toSeq(), type).toJavaRDD();
  }

  /** The state before stays until the next round's workers have fetched this one. */
  private void replaceCurrent(RoundPlan plan, int means, List<Averaging.Averaged> averaged) {
    Handout next =
        new Handout(
            means,
            current.group(),
            current.size(),
            rule,
            averaged.stream().map(Averaging.Averaged::holder).toList());
    drop(before);
    before = current;
    current = next;
    newest = plan;
  }

  private void drop(Handout state) {
    if (state != null) {
      SliceBlocks.drop(spark.sc(), state.group());
    }
  }

  /** Drops the states that executors and driver hold for the next round. */
  @Override
  public void close() {
    drop(before);
    drop(current);
    before = null;
    current = null;
  }
}
