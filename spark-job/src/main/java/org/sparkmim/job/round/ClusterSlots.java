package org.sparkmim.job.round;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.sparkmim.job.MimException;

/**
 * Watches that a cluster has executors for a training's tasks. Spark itself waits for them for ever
 * and says so in its log only.
 *
 * <p>With fewer slots than workers, workers take turns: the result is the same. With none for too
 * long while a job waits, the jobs are cancelled, and {@link #explain} says why.
 */
final class ClusterSlots implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  /**
   * Executors of a cluster do not come all at once; to be told of too few earlier only confuses.
   */
  private static final Duration ARRIVAL = Duration.ofSeconds(20);

  private final SparkContext spark;
  private final int workers;
  private final Duration timeout;
  private final Consumer<String> say;
  private final Thread watch = new Thread(this::watch, "mim-slots");
  private volatile String failure;

  /**
   * Begins to watch.
   *
   * @param workers tasks that run at the same time if they can
   * @param timeout how long a job may wait without any slot
   * @param say told once of too few slots
   */
  ClusterSlots(JavaSparkContext spark, int workers, Duration timeout, Consumer<String> say) {
    this.spark = spark.sc();
    this.workers = workers;
    this.timeout = timeout;
    this.say = say;
    if (!this.spark.isLocal()) {
      watch.setDaemon(true);
      watch.start();
    }
  }

  private void watch() {
    long begin = System.nanoTime();
    long lastGood = begin;
    boolean told = false;
    while (failure == null && !spark.isStopped() && pause()) {
      long now = System.nanoTime();
      int slots =
          spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
      if (slots > 0 || spark.statusTracker().getActiveJobIds().length == 0) {
        lastGood = now;
      } else if (now - lastGood > timeout.toNanos()) {
        failure = nothing();
        spark.cancelAllJobs();
      }
      if (!told && slots > 0 && slots < workers && now - begin > ARRIVAL.toNanos()) {
        told = true;
        say.accept(few(slots));
      }
    }
  }

  /** Whether there is more to watch. */
  private static boolean pause() {
    try {
      Thread.sleep(POLL.toMillis());
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private String few(int slots) {
    return "The cluster offers "
        + slots
        + (slots == 1 ? " slot" : " slots")
        + " for train.workers = "
        + workers
        + ": workers take turns, which takes longer and gives the same result.";
  }

  private String nothing() {
    int executors = spark.statusTracker().getExecutorInfos().length - 1;
    String offered =
        executors == 0
            ? "no executor has registered"
            : executors
                + " registered, none with room for a task of spark.task.cpus = "
                + spark.conf().get("spark.task.cpus", "1");
    return "The cluster "
        + spark.master()
        + " offered no slot for "
        + timeout.toSeconds()
        + " s (run.executors-timeout-seconds): "
        + offered
        + ". Start workers, or ask for less than one of them has: spark.executor.cores ("
        + spark.conf().get("spark.executor.cores", "all of a worker's")
        + "), spark.executor.memory ("
        + spark.conf().get("spark.executor.memory", "1g")
        + "), GPUs. The same command continues from the last commit.";
  }

  /**
   * What a failure of a job comes from.
   *
   * @return a failure (failed) where it was the watch that ended the job
   */
  Optional<MimException> explain(RuntimeException of) {
    return Optional.ofNullable(failure).map(why -> MimException.failed(why, of));
  }

  @Override
  public void close() {
    watch.interrupt();
  }
}
